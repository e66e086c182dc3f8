//! Log groups.

use flowlogd_aws::Fault;
use flowlogd_aws::logs::shapes::LogGroup;
use flowlogd_aws::logs::{
    CreateLogGroupRequest, DeleteLogGroupRequest, DescribeLogGroupsRequest,
    DescribeLogGroupsResponse, PutLogGroupDeletionProtectionRequest,
};
use flowlogd_logstore::{Group, GroupQuery, NewGroup, StoreError};

use crate::call::Call;

use super::class::{self, CLASSES};
use super::fault::{self, invalid, unsupported};
use super::group_name::{self, GroupName};
use super::permission::request_tags;
use super::tags;
use super::token;
use super::violations::{GROUP_NAME, GROUP_NAME_PART, IDENTIFIER, MAX_NAME, Violations};

/// Groups of a page.
const PAGE: i64 = 50;

pub(super) fn create(call: &Call<'_>, request: CreateLogGroupRequest) -> Result<(), Fault> {
    let group = GroupName::of_name(call, request.log_group_name.as_deref());
    let given = request.tags.clone().unwrap_or_default();
    call.authorize_with("logs:CreateLogGroup", &group.stream_arn(""), |context| {
        request_tags(context, &given);
    })?;
    if !given.is_empty() {
        authorize_tags(call, &group, &given)?;
    }
    let mut violations = Violations::default();
    let name = violations.group_name(request.log_group_name);
    let tags = tags::checked(&mut violations, request.tags);
    let class = violations.one_of("logGroupClass", request.log_group_class, &CLASSES);
    violations.end()?;
    tags::refuse_reserved(&tags)?;
    if request.kms_key_id.is_some() {
        return Err(unsupported("kmsKeyId"));
    }
    let class = class::of_new(class)?;
    // AWS keeps these for itself; `/aws/…` is for everybody (§2.1).
    if name.to_ascii_lowercase().starts_with("aws/") {
        return Err(invalid("Log groups starting with AWS/ are reserved for AWS."));
    }
    let new = NewGroup {
        name,
        class,
        tags,
        deletion_protection: request.deletion_protection_enabled.unwrap_or_default(),
        retention_days: None,
    };
    call.logs.create_group(&call.owner(), &new, call.now()).map_err(fault::of)
}

/// Tags need one of two permissions more (`cloudwatch-logs.md` §12).
fn authorize_tags(
    call: &Call<'_>,
    group: &GroupName,
    tags: &crate::model::Tags,
) -> Result<(), Fault> {
    call.authorize_tagging("logs:TagResource", group, group.arn(), tags)
        .or_else(|_| {
            call.authorize_tagging("logs:TagLogGroup", group, &group.stream_arn(""), tags)
        })
        .map_err(|_| {
            let account = call.account();
            Fault::new(
                "AccessDeniedException",
                format!(
                    "User with accountId: {account} is not authorized to perform CreateLogGroup with Tags"
                ),
            )
        })
}

pub(super) fn delete(call: &Call<'_>, request: DeleteLogGroupRequest) -> Result<(), Fault> {
    let group = GroupName::of_name(call, request.log_group_name.as_deref());
    call.authorize_logs(&group, "")?;
    let mut violations = Violations::default();
    let name = violations.group_name(request.log_group_name);
    violations.end()?;
    call.logs.delete_group(&call.owner(), &name).map_err(fault::of)
}

pub(super) fn put_deletion_protection(
    call: &Call<'_>,
    request: PutLogGroupDeletionProtectionRequest,
) -> Result<(), Fault> {
    let identifier = request.log_group_identifier;
    let group = GroupName::of_identifier(call, identifier.as_deref().unwrap_or_default());
    call.authorize_logs(&group, "")?;
    let mut violations = Violations::default();
    match &identifier {
        Some(identifier) => violations.group_identifier(identifier, IDENTIFIER),
        None => drop(violations.required("logGroupIdentifier", identifier)),
    }
    let enabled =
        violations.required("deletionProtectionEnabled", request.deletion_protection_enabled);
    violations.end()?;
    call.logs.set_protection(&call.owner(), group.found()?, enabled).map_err(fault::of)
}

pub(super) fn describe(
    call: &Call<'_>,
    request: DescribeLogGroupsRequest,
) -> Result<DescribeLogGroupsResponse, Fault> {
    let prefix = request.log_group_name_prefix.clone();
    let asked = GroupName::of_name(call, prefix.as_deref());
    call.authorize("logs:DescribeLogGroups", &asked.stream_arn(""))?;
    let mut violations = Violations::default();
    let prefix = violations.text("logGroupNamePrefix", prefix, 1..=MAX_NAME, Some(GROUP_NAME));
    let pattern = violations.text(
        "logGroupNamePattern",
        request.log_group_name_pattern,
        0..=MAX_NAME,
        Some(GROUP_NAME_PART),
    );
    let class = violations.one_of("logGroupClass", request.log_group_class, &CLASSES);
    let identifiers = violations.list("logGroupIdentifiers", request.log_group_identifiers, 1..=50);
    for identifier in identifiers.iter().flatten() {
        violations.identifier("logGroupIdentifiers", Some(identifier), IDENTIFIER);
    }
    let limit = violations.limit(request.limit, PAGE);
    let next_token = violations.token(request.next_token);
    violations.end()?;
    if request.account_identifiers.is_some_and(|accounts| !accounts.is_empty()) {
        return Err(unsupported("accountIdentifiers"));
    }
    if request.include_linked_accounts == Some(true) {
        return Err(unsupported("includeLinkedAccounts"));
    }
    if prefix.is_some() && pattern.is_some() {
        return Err(invalid(
            "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.",
        ));
    }
    let after = next_token.as_deref().map(token::group).transpose()?;
    let by_pattern = pattern.is_some();
    let class = class::of_listing(class);
    // One more than is returned tells whether there are more.
    let query = GroupQuery { prefix, pattern, class, after, limit: limit + 1 };
    let mut groups = match identifiers {
        Some(_) if query.prefix.is_some() || by_pattern || query.class.is_some() => {
            return Err(invalid(
                "logGroupIdentifiers cannot be combined with logGroupNamePrefix, logGroupNamePattern or logGroupClass.",
            ));
        }
        Some(identifiers) => named(call, &identifiers, &query)?,
        None => call.logs.groups(&call.owner(), &query).map_err(fault::of)?,
    };
    let has_more = groups.len() > limit;
    groups.truncate(limit);
    let last = groups.last().filter(|_| has_more);
    let next_token = last.map(|last| token::after_group(&last.settings.name));
    let log_groups = groups.into_iter().map(|group| printed(call, group, by_pattern)).collect();
    Ok(DescribeLogGroupsResponse { log_groups, next_token })
}

/// The groups with these names or ARNs that exist, in the order of a listing.
fn named(call: &Call<'_>, identifiers: &[String], query: &GroupQuery) -> Result<Vec<Group>, Fault> {
    let mut names = Vec::new();
    for identifier in identifiers {
        let group = GroupName::of_identifier(call, identifier);
        if group.is_ours() {
            names.push(group.found()?.to_owned());
        }
    }
    names.sort();
    names.dedup();
    names.retain(|name| query.after.as_ref().is_none_or(|after| name > after));
    let mut groups = Vec::new();
    for name in names {
        match call.logs.group(&call.owner(), &name) {
            Ok(group) => groups.push(group),
            Err(StoreError::NoGroup) => {}
            Err(error) => return Err(fault::of(error)),
        }
    }
    groups.truncate(query.limit);
    Ok(groups)
}

/// A search by pattern tells less (`cloudwatch-logs.md` §2.5).
fn printed(call: &Call<'_>, group: Group, by_pattern: bool) -> LogGroup {
    let Group { settings, created, stored_bytes, metric_filters } = group;
    let arn = group_name::arn(call, &settings.name);
    LogGroup {
        creation_time: created,
        retention_in_days: settings.retention_days,
        metric_filter_count: metric_filters,
        arn: format!("{arn}:*"),
        log_group_arn: arn,
        stored_bytes: (!by_pattern).then_some(stored_bytes),
        log_group_class: settings.class,
        deletion_protection_enabled: (!by_pattern).then_some(settings.deletion_protection),
        log_group_name: settings.name,
    }
}
