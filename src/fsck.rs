//! `flowlogd fsck`: looks over the data directory of a server that is stopped.

use flowlogd_logstore::Mending;
use flowlogd_server::data_directory::{CheckError, Condition, LOGS, STATE, check};

use crate::cli::FsckOptions;
use crate::exit_status::{Failure, Status};
use crate::lines::{line, number, print};
use crate::messages::readable;

/// Looks, and tells what was found. The status is 1 where something is damaged.
pub(crate) fn run(options: &FsckOptions) -> Result<Status, Failure> {
    let mending = if options.dry_run { Mending::None } else { Mending::SetAside };
    let condition = check(&options.data_dir, mending).map_err(failure)?;
    print(&told(&condition))?;
    Ok(if condition.is_sound() { Status::Done } else { Status::Failed })
}

pub(crate) fn failure(error: CheckError) -> Failure {
    match error {
        error @ (CheckError::None(_) | CheckError::InUse(_)) => Failure::unreadable(error),
        error @ (CheckError::State(_) | CheckError::Database(_) | CheckError::Logs(_)) => {
            Failure::failed(error)
        }
    }
}

/// Says how a data directory is, a line for each fault.
pub(crate) fn told(condition: &Condition) -> String {
    let mut text = String::new();
    let logs = &condition.logs;
    let mut fault = |what: String| line(&mut text, readable(&what));
    for what in &condition.state {
        fault(format!("{STATE}: {what}"));
    }
    for what in &logs.catalog {
        fault(format!("{LOGS}/meta.db: {what}"));
    }
    for damage in &logs.damage {
        fault(damage.to_string());
    }
    for orphan in &logs.orphans {
        fault(format!(
            "{} ({} bytes) is of unfinished work: the server's next start removes it",
            orphan.path, orphan.bytes
        ));
    }
    if !condition.state.is_empty() || !logs.catalog.is_empty() {
        fault("Only a backup mends a database: flowlogd restore --help".to_owned());
    }
    if logs.set_aside_before > 0 {
        let what = number(logs.set_aside_before, "segment");
        fault(format!("{what} set aside before, in {LOGS}/damaged"));
    }
    fault(format!(
        "{}, {} of {} bytes: {} are sound",
        number(logs.blocks, "block"),
        number(logs.segments, "segment"),
        logs.bytes,
        number(logs.events, "event"),
    ));
    let lost: u64 = logs.damage.iter().map(|damage| damage.events).sum();
    fault(match (condition.is_sound(), logs.damage.len()) {
        (true, _) => "No damage".to_owned(),
        (false, 0) => "Damage in a database".to_owned(),
        (false, count) => {
            let count = u64::try_from(count).unwrap_or(u64::MAX);
            format!("{} damaged, {} lost", number(count, "part"), number(lost, "event"))
        }
    });
    text
}
