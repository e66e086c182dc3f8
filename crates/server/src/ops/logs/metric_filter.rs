//! Metric filters (`cloudwatch-logs.md` §4.7, 6): what becomes of them is the log store's business.

use flowlogd_aws::Fault;
use flowlogd_aws::logs::shapes::{MetricFilter as Printed, MetricTransformation};
use flowlogd_aws::logs::{
    DeleteMetricFilterRequest, DescribeMetricFiltersRequest, DescribeMetricFiltersResponse,
    PutMetricFilterRequest,
};
use flowlogd_logstore::{MetricFilter, MetricFilterQuery, NewMetricFilter, pattern};

use crate::call::Call;

use super::class::require_standard;
use super::fault::{self, invalid, unsupported};
use super::group_name::GroupName;
use super::token;
use super::transformation::{checked, metric_name, metric_namespace};
use super::violations::{GROUP_NAME, MAX_NAME, STREAM_NAME, Violations};

/// Filters of a page.
const PAGE: i64 = 50;

pub(super) fn put(call: &Call<'_>, request: PutMetricFilterRequest) -> Result<(), Fault> {
    let group = GroupName::of_name(call, request.log_group_name.as_deref());
    call.authorize_logs(&group, "")?;
    let mut violations = Violations::default();
    let group = violations.group_name(request.log_group_name);
    let name = filter_name(&mut violations, request.filter_name);
    let pattern = violations.required("filterPattern", request.filter_pattern);
    let pattern = violations
        .text("filterPattern", Some(pattern), 0..=pattern::MAX_LENGTH, None)
        .unwrap_or_default();
    let transformation = checked(&mut violations, request.metric_transformations);
    violations.end()?;
    if request.apply_on_transformed_logs == Some(true) {
        return Err(unsupported("applyOnTransformedLogs"));
    }
    if request.field_selection_criteria.is_some_and(|criteria| !criteria.is_empty()) {
        return Err(unsupported("fieldSelectionCriteria"));
    }
    if request.emit_system_field_dimensions.is_some_and(|fields| !fields.is_empty()) {
        return Err(unsupported("emitSystemFieldDimensions"));
    }
    let filter = NewMetricFilter { name, pattern, transformation };
    // What is wrong with it is told before what is wrong with the group.
    filter.check().map_err(|wrong| fault::of(wrong.into()))?;
    require_standard(call, &group)?;
    call.logs.put_metric_filter(&call.owner(), &group, &filter, call.now()).map_err(fault::of)
}

pub(super) fn delete(call: &Call<'_>, request: DeleteMetricFilterRequest) -> Result<(), Fault> {
    let group = GroupName::of_name(call, request.log_group_name.as_deref());
    call.authorize_logs(&group, "")?;
    let mut violations = Violations::default();
    let group = violations.group_name(request.log_group_name);
    let name = filter_name(&mut violations, request.filter_name);
    violations.end()?;
    require_standard(call, &group)?;
    call.logs.delete_metric_filter(&call.owner(), &group, &name).map_err(fault::of)
}

pub(super) fn describe(
    call: &Call<'_>,
    request: DescribeMetricFiltersRequest,
) -> Result<DescribeMetricFiltersResponse, Fault> {
    // Without a group it is asked of one without a name, as where groups are listed (§12).
    let asked = GroupName::of_name(call, request.log_group_name.as_deref());
    call.authorize_logs(&asked, "")?;
    let mut violations = Violations::default();
    let group =
        violations.text("logGroupName", request.log_group_name, 1..=MAX_NAME, Some(GROUP_NAME));
    let prefix = violations.text(
        "filterNamePrefix",
        request.filter_name_prefix,
        1..=MAX_NAME,
        Some(STREAM_NAME),
    );
    let metric = metric_name(&mut violations, "metricName", request.metric_name);
    let namespace = metric_namespace(&mut violations, "metricNamespace", request.metric_namespace);
    let limit = violations.limit(request.limit, PAGE);
    let next_token = violations.token(request.next_token);
    violations.end()?;
    let metric = match (namespace, metric) {
        (Some(namespace), Some(metric)) => Some((namespace, metric)),
        (None, None) => None,
        (Some(_), None) | (None, Some(_)) => {
            return Err(invalid("metricName and metricNamespace have to be given together."));
        }
    };
    if let Some(group) = &group {
        require_standard(call, group)?;
    }
    let after = next_token.as_deref().map(token::metric_filter).transpose()?;
    // One more than is returned tells whether there are more.
    let query = MetricFilterQuery { group, prefix, metric, after, limit: limit + 1 };
    let mut filters = call.logs.metric_filters(&call.owner(), &query).map_err(fault::of)?;
    let has_more = filters.len() > limit;
    filters.truncate(limit);
    let last = filters.last().filter(|_| has_more);
    let next_token =
        last.map(|last| token::after_metric_filter((&last.settings.name, &last.group)));
    let metric_filters = filters.into_iter().map(printed).collect();
    Ok(DescribeMetricFiltersResponse { metric_filters, next_token })
}

/// Its characters are those of a stream's name, its text where it is too long is not.
fn filter_name(violations: &mut Violations, name: Option<String>) -> String {
    if name.is_none() {
        return violations.required("filterName", name);
    }
    violations.text("filterName", name, 1..=MAX_NAME, Some(STREAM_NAME)).unwrap_or_default()
}

fn printed(filter: MetricFilter) -> Printed {
    let MetricFilter { settings, group, created } = filter;
    let transformation = settings.transformation;
    let dimensions = transformation.dimensions;
    Printed {
        filter_name: settings.name,
        filter_pattern: settings.pattern,
        metric_transformations: vec![MetricTransformation {
            metric_name: Some(transformation.metric),
            metric_namespace: Some(transformation.namespace),
            metric_value: Some(transformation.value),
            default_value: transformation.default,
            dimensions: (!dimensions.is_empty()).then_some(dimensions),
            unit: transformation.unit,
        }],
        creation_time: created,
        log_group_name: group,
        apply_on_transformed_logs: false,
    }
}
