//! One event with all its fields (`cloudwatch-logs.md` §4.11).

use flowlogd_aws::Fault;
use flowlogd_aws::logs::{GetLogRecordRequest, GetLogRecordResponse};
use flowlogd_logstore::Pointer;

use crate::call::Call;

use super::discovery::Discovery;
use super::fault::{self, invalid, unsupported};
use super::group_name::GroupName;
use super::token;
use super::violations::Violations;

pub(super) fn get(
    call: &Call<'_>,
    request: GetLogRecordRequest,
) -> Result<GetLogRecordResponse, Fault> {
    let owner = call.owner();
    let pointer: Option<Pointer> = request.log_record_pointer.as_deref().and_then(token::pointer);
    let place = match pointer {
        Some(pointer) => call.logs.stream_of_number(&owner, pointer.stream).map_err(fault::of)?,
        None => None,
    };
    // What points nowhere is asked of no group in particular.
    match &place {
        Some((group, _)) => call.authorize_logs(&GroupName::of_name(call, Some(group)), "")?,
        None => call.authorize("logs:GetLogRecord", "*")?,
    }
    let mut violations = Violations::default();
    violations.required("logRecordPointer", request.log_record_pointer);
    violations.end()?;
    if request.unmask == Some(true) {
        return Err(unsupported("unmask"));
    }
    let pointer = pointer.ok_or_else(|| invalid("The specified logRecordPointer is invalid."))?;
    let (group, stream) = place.ok_or_else(gone)?;
    let event = call
        .logs
        .event(&owner, (&group, &stream), pointer.key, call.now())
        .map_err(fault::of)?
        .ok_or_else(gone)?;
    let mut log_record = Discovery::of_group(call, &group)?.fields(&event.message);
    log_record.extend(
        [
            ("@timestamp", event.key.timestamp.to_string()),
            ("@ingestionTime", event.key.ingestion_time.to_string()),
            ("@log", format!("{}:{group}", call.account())),
            ("@logStream", stream),
            ("@message", event.message),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    );
    Ok(GetLogRecordResponse { log_record })
}

/// Deleted, expired, or another account's.
fn gone() -> Fault {
    Fault::new("ResourceNotFoundException", "The specified log record does not exist.")
}
