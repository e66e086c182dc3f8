//! Reading one stream, page by page in both directions (`cloudwatch-logs.md` §4.5).

use flowlogd_aws::Fault;
use flowlogd_aws::logs::shapes::OutputLogEvent;
use flowlogd_aws::logs::{GetLogEventsRequest, GetLogEventsResponse};
use flowlogd_logstore::{Event, EventKey, From, GetQuery};

use crate::call::Call;

use super::class::require_standard;
use super::fault::{self, unsupported};
use super::group_name::{GroupName, exactly_one};
use super::token::PageToken;
use super::violations::Violations;

/// Events of a page.
pub(super) const MAX_PAGE: i64 = 10_000;
/// Bytes of a page, counted as those of a batch.
pub(super) const MAX_PAGE_BYTES: usize = 1_048_576;

pub(super) fn get(
    call: &Call<'_>,
    request: GetLogEventsRequest,
) -> Result<GetLogEventsResponse, Fault> {
    let (name, identifier) = (request.log_group_name, request.log_group_identifier);
    let group = GroupName::of_either(call, name.as_deref(), identifier.as_deref());
    // Policies take the lecture's `logs:GetLogData` for this action (`semantics.md` 26).
    call.authorize_logs(&group, request.log_stream_name.as_deref().unwrap_or_default())?;
    let mut violations = Violations::default();
    violations.name_or_identifier(name.as_ref(), identifier.as_ref());
    let stream = violations.stream_name(request.log_stream_name);
    let start = violations.time("startTime", request.start_time);
    let end = violations.time("endTime", request.end_time);
    let limit = violations.limit(request.limit, MAX_PAGE);
    let next_token = violations.token(request.next_token);
    violations.end()?;
    exactly_one(name.as_ref(), identifier.as_ref())?;
    if request.unmask == Some(true) {
        return Err(unsupported("unmask"));
    }
    require_standard(call, group.found()?)?;
    // A token says in which direction to go on, whatever else is said.
    let token = next_token.as_deref().map(PageToken::parse).transpose()?;
    let from = match token {
        Some(PageToken::Forward(key)) => From::After(key),
        Some(PageToken::Backward(key)) => From::Before(key),
        None if request.start_from_head == Some(true) => From::Head,
        None => From::Tail,
    };
    let owner = call.owner();
    let query = GetQuery {
        owner: &owner,
        group: group.found()?,
        stream: &stream,
        start,
        end,
        from,
        limit,
        max_bytes: MAX_PAGE_BYTES,
    };
    let events = call.logs.get(&query, call.now()).map_err(fault::of)?;
    let (backward, forward) = tokens(&events, token, start);
    let sent = |own: PageToken| match (token, &next_token) {
        // The very token that was sent is how a client knows that it has reached the end.
        (Some(token), Some(text)) if token == own => text.clone(),
        _ => own.written(),
    };
    Ok(GetLogEventsResponse {
        next_forward_token: sent(PageToken::Forward(forward)),
        next_backward_token: sent(PageToken::Backward(backward)),
        events: events.into_iter().map(printed).collect(),
    })
}

/// Returns the positions before and after a page. Beyond the end the position stays where it is, so that
/// what comes later is found there, and on the way back the page before is the last one again.
fn tokens(events: &[Event], token: Option<PageToken>, start: Option<i64>) -> (EventKey, EventKey) {
    if let (Some(first), Some(last)) = (events.first(), events.last()) {
        return (first.key, last.key);
    }
    match token {
        Some(PageToken::Forward(key)) => (just_after(key), key),
        Some(PageToken::Backward(key)) => (key, just_before(key)),
        None => {
            let timestamp = start.unwrap_or(0);
            let boundary = EventKey { timestamp, ingestion_time: 0, sequence: 0 };
            (boundary, boundary)
        }
    }
}

const fn just_after(key: EventKey) -> EventKey {
    EventKey { sequence: key.sequence.saturating_add(1), ..key }
}

fn just_before(key: EventKey) -> EventKey {
    /// What the 48 bits of an ingestion time hold (§4.4).
    const LAST_INGESTION: i64 = (1 << 48) - 1;
    let EventKey { timestamp, ingestion_time, sequence } = key;
    if sequence > 0 {
        return EventKey { sequence: sequence - 1, ..key };
    }
    if ingestion_time > 0 {
        let ingestion_time = ingestion_time - 1;
        return EventKey { ingestion_time, sequence: u64::MAX, timestamp };
    }
    if timestamp > 0 {
        let timestamp = timestamp - 1;
        return EventKey { timestamp, ingestion_time: LAST_INGESTION, sequence: u64::MAX };
    }
    key
}

fn printed(event: Event) -> OutputLogEvent {
    OutputLogEvent {
        timestamp: event.key.timestamp,
        ingestion_time: event.key.ingestion_time,
        message: event.message,
    }
}
