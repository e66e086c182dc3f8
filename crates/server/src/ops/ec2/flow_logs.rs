//! Flow logs: made, looked at, deleted; never changed (`flow-logs.md` §9–11).

mod create;
mod delete;
mod describe;
mod request;

pub(super) use create::create;
pub(super) use delete::delete;
pub(super) use describe::describe;

use flowlogd_aws::Fault;

/// Ids that one call may name.
const MAX_IDS: usize = 1000;

/// Refuses what cannot be the id of a flow log.
fn check_id(id: &str) -> Result<(), Fault> {
    let is_id = id.strip_prefix("fl-").is_some_and(|digits| {
        matches!(digits.len(), 8 | 17)
            && digits.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    });
    if is_id {
        return Ok(());
    }
    let text =
        format!("1 validation error detected: Value {id} at 'flowLogId' has an invalid format");
    Err(Fault::new("InvalidParameterValue", text))
}

fn check_ids(ids: &[String]) -> Result<(), Fault> {
    if ids.len() > MAX_IDS {
        let text =
            format!("The request names {} flow logs: at most {MAX_IDS} are possible", ids.len());
        return Err(Fault::new("InvalidParameterValue", text));
    }
    ids.iter().try_for_each(|id| check_id(id))
}

/// The fault for ids that no flow log has.
fn missing(ids: &[&str]) -> Fault {
    Fault::new(
        "InvalidFlowLogId.NotFound",
        format!(
            "These flow log ids in the input list are not found: [TotalCount: {}] {}",
            ids.len(),
            ids.join(" ")
        ),
    )
}
