//! Putting events (`cloudwatch-logs.md` §4.3).

use flowlogd_aws::Fault;
use flowlogd_aws::logs::shapes::{InputLogEvent, RejectedEntityInfo, RejectedLogEventsInfo};
use flowlogd_aws::logs::{PutLogEventsRequest, PutLogEventsResponse};
use flowlogd_logstore::{Batch, EventKey, InputEvent, Producer, PutOutcome, Rejected};

use crate::call::{Call, Identity};

use super::fault::{self, invalid};
use super::group_name::GroupName;
use super::violations::Violations;

/// Events of a batch.
pub(super) const MAX_EVENTS: usize = 10_000;
/// Bytes of a batch, and so of an event.
pub(super) const MAX_BATCH_BYTES: usize = 1_048_576;
/// What every event counts besides its message.
const EVENT_OVERHEAD: usize = 26;

pub(super) fn put(
    call: &Call<'_>,
    request: PutLogEventsRequest,
) -> Result<PutLogEventsResponse, Fault> {
    let group = GroupName::of_name(call, request.log_group_name.as_deref());
    call.authorize_logs(&group, request.log_stream_name.as_deref().unwrap_or_default())?;
    let mut violations = Violations::default();
    let group = violations.group_name(request.log_group_name);
    let stream = violations.stream_name(request.log_stream_name);
    let events = events(&mut violations, request.log_events);
    let token = violations.text("sequenceToken", request.sequence_token, 1..=usize::MAX, None);
    violations.end()?;
    refuse_too_large(&events)?;
    let producer = token.as_deref().map(|token| producer(call, token)).transpose()?.flatten();
    let owner = call.owner();
    let batch = Batch { owner: &owner, group: &group, stream: &stream, events, producer };
    let rejected = match call.logs.put(batch, call.now()).map_err(fault::of)? {
        PutOutcome::Stored { rejected, .. } => rejected,
        PutOutcome::Known => Rejected::default(),
    };
    Ok(PutLogEventsResponse {
        next_sequence_token: Some(sequence_token(call.now())),
        rejected_log_events_info: told(rejected),
        // AWS, too, stores the events and says that the entity was not kept.
        rejected_entity_info: request
            .entity
            .map(|_| RejectedEntityInfo { error_type: "UnsupportedLogGroupType".to_owned() }),
    })
}

fn events(violations: &mut Violations, events: Option<Vec<InputLogEvent>>) -> Vec<InputEvent> {
    let Some(events) = events else { return violations.required("logEvents", None) };
    if events.len() > MAX_EVENTS {
        let constraint = format!("Member must have length less than or equal to {MAX_EVENTS}");
        violations.add_without_value("logEvents", &constraint);
        return Vec::new();
    }
    violations.length("[]", "logEvents", events.len(), 1..=MAX_EVENTS);
    let mut checked = Vec::with_capacity(events.len());
    for (number, InputLogEvent { timestamp, message }) in (1..).zip(events) {
        // Names of members are only written where they are told of.
        let is_right = timestamp.is_some_and(|timestamp| timestamp >= 0)
            && message.as_ref().is_some_and(|message| !message.is_empty());
        if !is_right {
            let member = |name: &str| format!("logEvents.{number}.member.{name}");
            let found = violations.time(&member("timestamp"), timestamp);
            violations.required(&member("timestamp"), found);
            let found = violations.text(&member("message"), message, 1..=usize::MAX, None);
            violations.required(&member("message"), found);
            continue;
        }
        if let (Some(timestamp), Some(message)) = (timestamp, message) {
            checked.push(InputEvent { timestamp, message });
        }
    }
    checked
}

fn refuse_too_large(events: &[InputEvent]) -> Result<(), Fault> {
    let sizes = events.iter().map(|event| event.message.len() + EVENT_OVERHEAD);
    match sizes.max() {
        Some(bytes) if bytes > MAX_BATCH_BYTES => Err(invalid(format!(
            "Log event too large: {bytes} bytes exceeds limit of {MAX_BATCH_BYTES}"
        ))),
        Some(_) | None => Ok(()),
    }
}

/// Reads `producer:number` of an agent's batch (`semantics.md` 25); the producer is bound to the agent, so
/// that none can use up the numbers of another. From everybody else tokens are ignored, as AWS does.
fn producer(call: &Call<'_>, token: &str) -> Result<Option<Producer>, Fault> {
    let host = match (&call.caller.agent, &call.caller.identity) {
        (Some(host), _) | (None, Identity::Agent { host }) => host,
        (None, Identity::Iam { .. }) => return Ok(None),
    };
    let parts = token.rsplit_once(':').filter(|(id, _)| !id.is_empty());
    let producer = parts.and_then(|(id, number)| {
        Some(Producer { id: format!("{host}/{id}"), number: number.parse().ok()? })
    });
    // To ignore it would store the batch again at the next attempt.
    let refused = || {
        invalid(format!(
            "The sequenceToken '{token}' of an agent is not PRODUCER:NUMBER, as it would have to be."
        ))
    };
    producer.ok_or_else(refused).map(Some)
}

/// 56 digits, which nobody looks at: but clients of old keep what they are told.
pub(super) fn sequence_token(now: i64) -> String {
    EventKey { timestamp: now, ingestion_time: now, sequence: 0 }.to_string()
}

fn told(rejected: Rejected) -> Option<RejectedLogEventsInfo> {
    (rejected != Rejected::default()).then_some(RejectedLogEventsInfo {
        too_new_log_event_start_index: rejected.too_new_start,
        too_old_log_event_end_index: rejected.too_old_end,
        expired_log_event_end_index: rejected.expired_end,
    })
}
