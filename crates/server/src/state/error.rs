//! What can go wrong with the state.

use std::path::PathBuf;

/// Why the state cannot be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// Another process holds the data directory.
    #[error("{0} is in use by another flowlogd: each needs a data directory of its own")]
    InUse(PathBuf),
    /// A file or directory failed.
    #[error("{path}: {source}")]
    Path {
        /// Which.
        path: PathBuf,
        /// How.
        source: std::io::Error,
    },
    /// A newer program wrote it.
    #[error(
        "state.db has schema {found}, and this flowlogd knows up to {known}: use the newer one"
    )]
    Newer {
        /// Its version.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// The database failed.
    #[error("state.db: {0}")]
    Database(#[from] rusqlite::Error),
    /// A stored document is not what it should be.
    #[error("state.db holds a {kind} that cannot be read: {source}")]
    Document {
        /// Which kind.
        kind: &'static str,
        /// How.
        source: serde_json::Error,
    },
}
