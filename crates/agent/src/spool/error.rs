//! What can go wrong with the spool.

use std::io;
use std::path::{Path, PathBuf};

use super::QueueId;

/// Why the spool could not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// The disk.
    #[error("{}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// Another process has the directory.
    #[error("the spool {} is in use by another process", _0.display())]
    InUse(PathBuf),
    /// One commit that is larger than all that the spool may hold.
    #[error("a commit of {needed} bytes does not fit into a spool of {max_bytes} bytes")]
    TooLarge {
        /// Bytes that the commit takes.
        needed: u64,
        /// The bound.
        max_bytes: u64,
    },
    /// More batches than a segment may have.
    #[error("a commit may have up to 65536 batches, not {0}")]
    TooManyBatches(usize),
    /// A batch without events.
    #[error("a batch of {0} has no events")]
    EmptyBatch(QueueId),
    /// A batch beyond what a body's length can say.
    #[error("a batch has more than 4 GiB")]
    BatchTooLarge,
    /// A body that could not be compressed.
    #[error("cannot compress a batch")]
    Compress(#[source] io::Error),
    /// The system's source of randomness.
    #[error("no randomness for the id of a producer: {0}")]
    Randomness(String),
    /// Something of ours that could not be written as JSON.
    #[error("cannot write the spool's index")]
    Encode(#[from] serde_json::Error),
}

impl SpoolError {
    pub(super) fn at(path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }
}

/// Why a body could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Its segment gave way while the batch was under way.
    #[error("the batch gave way to newer ones")]
    Gone,
    /// The disk, this time.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// It is not what was written.
    #[error("the batch is damaged on disk")]
    Damaged,
}
