//! What can be wrong.

use crate::InvalidMetricFilter;
use crate::database::DatabaseError;

/// Why the store did not do something.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No group of this name.
    #[error("the log group does not exist")]
    NoGroup,
    /// No stream of this name in the group.
    #[error("the log stream does not exist")]
    NoStream,
    /// The name is taken.
    #[error("the log group exists already")]
    GroupExists,
    /// The name is taken.
    #[error("the log stream exists already")]
    StreamExists,
    /// The group may not be deleted.
    #[error("the log group is protected against deletion")]
    Protected,
    /// Events of a batch are not in the order of their timestamps.
    #[error("events are not in chronological order")]
    Unordered,
    /// A batch without events.
    #[error("a batch has at least one event")]
    Empty,
    /// More than 10,000 events.
    #[error("a batch has at most 10000 events, not {0}")]
    TooManyEvents(usize),
    /// More than 1,048,576 bytes, 26 for each event included.
    #[error("{0} bytes are more than a batch may have")]
    BatchTooLarge(usize),
    /// The valid events of a batch are more than 24 hours apart.
    #[error("events span more than 24 hours")]
    SpanTooLong,
    /// No metric filter of this name in the group.
    #[error("the metric filter does not exist")]
    NoMetricFilter,
    /// What cannot be a metric filter.
    #[error(transparent)]
    InvalidMetricFilter(#[from] InvalidMetricFilter),
    /// The group has as many metric filters as it may have, or as many with a regex.
    #[error("the log group has no room for another metric filter")]
    TooManyMetricFilters,
    /// There is no room left: nothing was stored, reading goes on.
    #[error("there is no room on the disk: {0}")]
    Full(String),
    /// The database failed.
    #[error("the log store failed: {0}")]
    Database(#[from] rusqlite::Error),
    /// A file failed.
    #[error("the log store failed: {0}")]
    Io(#[from] std::io::Error),
    /// Another process has the store open.
    #[error("the log store in {} is in use by another process", .0.display())]
    InUse(std::path::PathBuf),
    /// What was to be replaced has changed meanwhile; the work is begun anew.
    #[error("the log store was changed meanwhile")]
    Conflict,
    /// What is stored cannot be read.
    #[error("the log store is damaged: {0}")]
    Damaged(String),
    /// A segment could not be written, or read.
    #[error("a segment of the log store failed: {0}")]
    Segment(#[source] parquet::errors::ParquetError),
}

impl StoreError {
    /// Says what is wrong with what is damaged, without the words that say that something is.
    pub fn reason(&self) -> String {
        if let Self::Damaged(what) = self { what.clone() } else { self.to_string() }
    }

    /// Whether it says that something stored is damaged, a sector that the disk cannot give back included;
    /// not that reading did not work.
    pub fn is_damage(&self) -> bool {
        let is_torn = matches!(self, Self::Damaged(_) | Self::Segment(_));
        let is_lost = matches!(self, Self::Io(error) if is_disk_error(error));
        // A row with a value that is none of its column's.
        let is_no_value =
            matches!(self, Self::Database(rusqlite::Error::FromSqlConversionFailure(..)));
        is_torn || is_lost || is_no_value
    }

    /// Whether there was no room on the disk.
    pub(crate) fn is_full(&self) -> bool {
        match self {
            Self::Full(_) => true,
            Self::Io(error) => error.kind() == std::io::ErrorKind::StorageFull,
            // SQLITE_FULL, and SQLITE_IOERR where a file of shared memory finds no room.
            Self::Database(rusqlite::Error::SqliteFailure(code, _)) => matches!(
                code.code,
                rusqlite::ErrorCode::DiskFull
                    | rusqlite::ErrorCode::SystemIoFailure
                    | rusqlite::ErrorCode::CannotOpen
            ),
            Self::NoGroup
            | Self::NoStream
            | Self::GroupExists
            | Self::StreamExists
            | Self::Protected
            | Self::Unordered
            | Self::Empty
            | Self::TooManyEvents(_)
            | Self::BatchTooLarge(_)
            | Self::SpanTooLong
            | Self::NoMetricFilter
            | Self::InvalidMetricFilter(_)
            | Self::TooManyMetricFilters
            | Self::Database(_)
            | Self::InUse(_)
            | Self::Conflict
            | Self::Damaged(_)
            | Self::Segment(_) => false,
        }
    }
}

/// Whether the system said `EIO`.
fn is_disk_error(error: &std::io::Error) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(this) = cause {
        let io = this.downcast_ref::<std::io::Error>();
        if io.and_then(std::io::Error::raw_os_error) == Some(nix::libc::EIO) {
            return true;
        }
        let within = io.and_then(std::io::Error::get_ref);
        cause = match within {
            Some(within) => Some(within),
            None => this.source(),
        };
    }
    false
}

impl From<DatabaseError> for StoreError {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::Sqlite(error) => Self::Database(error),
            DatabaseError::Io(error) => Self::Io(error),
        }
    }
}

impl From<parquet::errors::ParquetError> for StoreError {
    /// A full disk has an error of its own, also where Parquet has wrapped it.
    fn from(error: parquet::errors::ParquetError) -> Self {
        let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
        while let Some(this) = cause {
            let io = this.downcast_ref::<std::io::Error>();
            if io.is_some_and(|io| io.kind() == std::io::ErrorKind::StorageFull) {
                return Self::Full(error.to_string());
            }
            cause = this.source();
        }
        Self::Segment(error)
    }
}
