//! Trying a pattern on messages (`cloudwatch-logs.md` §4.7, 5).

use flowlogd_aws::Fault;
use flowlogd_aws::logs::shapes::MetricFilterMatchRecord;
use flowlogd_aws::logs::{TestMetricFilterRequest, TestMetricFilterResponse};
use flowlogd_logstore::{Pattern, pattern};

use crate::call::Call;

use super::fault::invalid;
use super::violations::Violations;

/// Messages of a request.
const MAX_MESSAGES: usize = 50;

pub(super) fn test(
    call: &Call<'_>,
    request: TestMetricFilterRequest,
) -> Result<TestMetricFilterResponse, Fault> {
    call.authorize("logs:TestMetricFilter", "*")?;
    let mut violations = Violations::default();
    let pattern = violations.required("filterPattern", request.filter_pattern);
    let pattern = violations
        .text("filterPattern", Some(pattern), 0..=pattern::MAX_LENGTH, None)
        .unwrap_or_default();
    let messages = match request.log_event_messages {
        None => violations.required("logEventMessages", None),
        messages => {
            violations.list("logEventMessages", messages, 1..=MAX_MESSAGES).unwrap_or_default()
        }
    };
    for (number, message) in (1..).zip(&messages) {
        let member = format!("logEventMessages.{number}.member");
        violations.length(message, &member, message.len(), 1..=usize::MAX);
    }
    violations.end()?;
    let pattern = Pattern::parse(&pattern).map_err(|error| invalid(error.to_string()))?;
    let matches = (1..).zip(messages).filter_map(|(event_number, event_message)| {
        let extracted_values = pattern.extract(&event_message)?.into_iter().collect();
        Some(MetricFilterMatchRecord { event_number, event_message, extracted_values })
    });
    Ok(TestMetricFilterResponse { matches: matches.collect() })
}
