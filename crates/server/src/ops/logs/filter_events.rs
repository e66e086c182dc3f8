//! Searching a group (`cloudwatch-logs.md` §4.6).

use flowlogd_aws::Fault;
use flowlogd_aws::logs::shapes::FilteredLogEvent;
use flowlogd_aws::logs::{FilterLogEventsRequest, FilterLogEventsResponse};
use flowlogd_logstore::{Event, FilterQuery, Pattern, Streams, pattern};

use crate::call::{Call, internal};

use super::class::require_standard;
use super::fault::{self, invalid, unsupported};
use super::get_events::{MAX_PAGE, MAX_PAGE_BYTES};
use super::group_name::{GroupName, exactly_one};
use super::token;
use super::violations::{MAX_NAME, STREAM_NAME, Violations};

/// 2024-01-01T00:00:00Z: AWS reads backwards only from there on.
const FIRST_DESCENDING: i64 = 1_704_067_200_000;
/// Streams that may be named.
const MAX_STREAMS: usize = 100;

pub(super) fn filter(
    call: &Call<'_>,
    request: FilterLogEventsRequest,
) -> Result<FilterLogEventsResponse, Fault> {
    let (name, identifier) = (request.log_group_name, request.log_group_identifier);
    let group = GroupName::of_either(call, name.as_deref(), identifier.as_deref());
    // Whichever streams are named (§12).
    call.authorize_logs(&group, "*")?;
    let mut violations = Violations::default();
    violations.name_or_identifier(name.as_ref(), identifier.as_ref());
    let streams = violations.list("logStreamNames", request.log_stream_names, 1..=MAX_STREAMS);
    for stream in streams.iter().flatten() {
        violations.text("logStreamNames", Some(stream.clone()), 1..=MAX_NAME, Some(STREAM_NAME));
    }
    let prefix = violations.text(
        "logStreamNamePrefix",
        request.log_stream_name_prefix,
        1..=MAX_NAME,
        Some(STREAM_NAME),
    );
    let start = violations.time("startTime", request.start_time);
    let end = violations.time("endTime", request.end_time);
    let text =
        violations.text("filterPattern", request.filter_pattern, 0..=pattern::MAX_LENGTH, None);
    let limit = violations.limit(request.limit, MAX_PAGE);
    let next_token = violations.token(request.next_token);
    violations.end()?;
    exactly_one(name.as_ref(), identifier.as_ref())?;
    if request.unmask == Some(true) {
        return Err(unsupported("unmask"));
    }
    let streams = match (streams, prefix) {
        (Some(_), Some(_)) => {
            return Err(invalid(
                "logStreamNames and logStreamNamePrefix are mutually exclusive parameters.",
            ));
        }
        (Some(names), None) => Streams::Named(names),
        (None, Some(prefix)) => Streams::Prefix(prefix),
        (None, None) => Streams::All,
    };
    let is_backwards = request.start_from_head == Some(false);
    if is_backwards && start.is_none_or(|start| start < FIRST_DESCENDING) {
        return Err(invalid(format!(
            "startFromHead can be false only with a startTime of {FIRST_DESCENDING} (2024-01-01T00:00:00Z) or later."
        )));
    }
    let pattern =
        Pattern::parse(&text.unwrap_or_default()).map_err(|error| invalid(error.to_string()))?;
    require_standard(call, group.found()?)?;
    // A token says in which direction to go on, whatever else is said.
    let (descending, beyond) = match next_token.as_deref().map(token::event).transpose()? {
        Some((descending, key)) => (descending, Some(key)),
        None => (is_backwards, None),
    };
    let owner = call.owner();
    let query = FilterQuery {
        owner: &owner,
        group: group.found()?,
        streams,
        start,
        end,
        pattern: &pattern,
        descending,
        beyond,
        limit,
        max_bytes: MAX_PAGE_BYTES,
    };
    let page = call.logs.filter(&query, call.now()).map_err(fault::of)?;
    if page.next.is_some() && page.next == beyond {
        // Clients would go round for ever, or stop with an error of their own.
        return Err(internal(&NoProgress));
    }
    Ok(FilterLogEventsResponse {
        events: page.events.into_iter().map(printed).collect(),
        searched_log_streams: Vec::new(),
        next_token: page.next.map(|key| token::beyond_event(key, descending)),
    })
}

/// The store would have us read the same page again.
#[derive(Debug, thiserror::Error)]
#[error("a page of a search ends where it began")]
struct NoProgress;

fn printed(event: Event) -> FilteredLogEvent {
    FilteredLogEvent {
        log_stream_name: event.stream.as_ref().to_owned(),
        timestamp: event.key.timestamp,
        message: event.message,
        ingestion_time: event.key.ingestion_time,
        event_id: event.key.to_string(),
    }
}
