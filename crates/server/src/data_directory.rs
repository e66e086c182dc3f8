//! A data directory as a whole: where the server's state and the log store lie in it, and whether they are
//! sound.

use std::path::{Path, PathBuf};

use flowlogd_logstore::database::{self, DatabaseError};
use flowlogd_logstore::{Findings, Mending, StoreError};

use crate::state::{State, StateError};

/// The file of the server's state.
pub const STATE: &str = "state.db";
/// The directory of the log store.
pub const LOGS: &str = "logs";

/// Returns the file of the state.
pub fn state_file(directory: &Path) -> PathBuf {
    directory.join(STATE)
}

/// Returns the directory of the log store.
pub fn logs(directory: &Path) -> PathBuf {
    directory.join(LOGS)
}

/// What was found in a data directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Condition {
    /// What is wrong with the state. Only a backup mends that.
    pub state: Vec<String>,
    /// What was found in the log store.
    pub logs: Findings,
}

impl Condition {
    /// Whether nothing is damaged.
    pub const fn is_sound(&self) -> bool {
        self.state.is_empty() && self.logs.is_sound()
    }
}

/// Why a data directory was not looked over.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// There is no such directory, or a server was never started in it.
    #[error("{} is no data directory of a server: there is neither {STATE} nor {LOGS} in it", .0.display())]
    None(PathBuf),
    /// A process has it open.
    #[error("{} is in use by a flowlogd that runs: stop the server of this data directory first", .0.display())]
    InUse(PathBuf),
    /// The state's files failed.
    #[error(transparent)]
    State(StateError),
    /// The state's database could not be read.
    #[error("{STATE}: {0}")]
    Database(DatabaseError),
    /// The log store's files failed.
    #[error(transparent)]
    Logs(StoreError),
}

/// Looks over a data directory that no server has open: the state's pages, and all of the log store, see
/// [`flowlogd_logstore::fsck`]. What is damaged in the log store is set aside if that is wanted.
pub fn check(directory: &Path, mending: Mending) -> Result<Condition, CheckError> {
    if !state_file(directory).exists() && !logs(directory).is_dir() {
        return Err(CheckError::None(directory.to_owned()));
    }
    let in_use = || CheckError::InUse(directory.to_owned());
    let _lock = State::hold(directory).map_err(|error| match error {
        StateError::InUse(_) => in_use(),
        error @ (StateError::Path { .. }
        | StateError::Newer { .. }
        | StateError::Database(_)
        | StateError::Document { .. }) => CheckError::State(error),
    })?;
    let state = database::faults(&state_file(directory)).map_err(CheckError::Database)?;
    let logs = logs(directory);
    let logs = if logs.is_dir() {
        flowlogd_logstore::fsck(&logs, mending).map_err(|error| {
            if matches!(error, StoreError::InUse(_)) { in_use() } else { CheckError::Logs(error) }
        })?
    } else {
        let gone = "it is missing, with the directory that it was in".to_owned();
        Findings { catalog: vec![gone], ..Findings::default() }
    };
    Ok(Condition { state, logs })
}
