//! A disk that fails.

use std::io;

/// What a system says of a disk that has not done what it was told.
const EIO: i32 = 5;

/// Ends the process if the disk has failed. After a failed fsync the system may have dropped what it could not
/// write and call the next one a success: whoever goes on believes in data that is not there.
pub(crate) fn end_if_failed(what: &str, error: &io::Error) {
    if error.raw_os_error() == Some(EIO) {
        tracing::error!(%error, "{what} could not be brought to disk; the process ends");
        std::process::abort();
    }
}
