//! Where segments lie: objects with keys, on the local disk now. Keys have no local path in them.

use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use object_store::local::LocalFileSystem;
use object_store::{
    Error, MultipartUpload, ObjectStore, ObjectStoreExt as _, PutPayload, path::Path as Key,
};
use tokio::runtime::{Handle, Runtime};

use crate::{StoreError, disk};

/// Threads that wait for the disk at the same time, at most.
const WAITING: usize = 32;

/// The objects of a store. All calls block.
#[derive(Debug)]
pub(crate) struct Objects {
    store: Arc<dyn ObjectStore>,
    /// Apart from the runtime of whoever calls: its blocking threads may all be waiting for ours.
    io: Io,
}

/// A runtime that may be dropped where another one runs: nothing of ours is under way then.
#[derive(Debug)]
struct Io {
    handle: Handle,
    runtime: Option<Runtime>,
}

impl Io {
    fn new(runtime: Runtime) -> Self {
        Self { handle: runtime.handle().clone(), runtime: Some(runtime) }
    }

    fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        self.handle.block_on(work)
    }
}

impl Drop for Io {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Objects {
    /// Opens the objects in a directory.
    pub(crate) fn open(directory: &Path) -> Result<Self, StoreError> {
        std::fs::create_dir_all(directory)?;
        let store = LocalFileSystem::new_with_prefix(directory)
            .map_err(failure)?
            .with_fsync(true)
            .with_automatic_cleanup(true);
        let io = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .max_blocking_threads(WAITING)
            .thread_name("log-segments")
            .build()?;
        Ok(Self { store: Arc::new(store), io: Io::new(io) })
    }

    /// Reads stretches of an object.
    pub(crate) fn fetch(&self, key: &str, ranges: &[Range<u64>]) -> Result<Vec<Bytes>, StoreError> {
        self.io.block_on(self.store.get_ranges(&Key::from(key), ranges)).map_err(failure)
    }

    /// Begins an object. It is there, whole and on disk, once it is completed, and not before.
    pub(super) fn begin(&self, key: &str) -> Result<Box<dyn MultipartUpload>, StoreError> {
        self.io.block_on(self.store.put_multipart(&Key::from(key))).map_err(unwritten)
    }

    pub(super) fn put_part(
        &self,
        upload: &mut Box<dyn MultipartUpload>,
        part: Vec<u8>,
    ) -> Result<(), StoreError> {
        self.io.block_on(upload.put_part(PutPayload::from(part))).map_err(unwritten)
    }

    pub(super) fn complete(&self, upload: &mut Box<dyn MultipartUpload>) -> Result<(), StoreError> {
        self.io.block_on(upload.complete()).map(drop).map_err(unwritten)
    }

    pub(super) fn abort(&self, upload: &mut Box<dyn MultipartUpload>) {
        if let Err(error) = self.io.block_on(upload.abort()) {
            tracing::warn!(%error, "a segment that was begun could not be removed");
        }
    }

    /// Returns the size of an object in bytes; none if there is no such object.
    pub(crate) fn size(&self, key: &str) -> Result<Option<u64>, StoreError> {
        match self.io.block_on(self.store.head(&Key::from(key))) {
            Ok(found) => Ok(Some(found.size)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(failure(error)),
        }
    }

    /// Removes an object; one that is gone already is no error.
    pub(crate) fn remove(&self, key: &str) -> Result<(), StoreError> {
        match self.io.block_on(self.store.delete(&Key::from(key))) {
            Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(failure(error)),
        }
    }

    /// Renames an object.
    pub(crate) fn rename(&self, from: &str, to: &str) -> Result<(), StoreError> {
        self.io.block_on(self.store.rename(&Key::from(from), &Key::from(to))).map_err(failure)
    }

    /// Returns the keys of all objects and their sizes, those that were begun and not completed left out.
    pub(crate) fn list(&self) -> Result<Vec<(String, u64)>, StoreError> {
        let listed = self
            .store
            .list(None)
            .map_ok(|object| (object.location.to_string(), object.size))
            .try_collect();
        self.io.block_on(listed).map_err(failure)
    }
}

/// What the system said, if it did.
fn system_error(error: &Error) -> Option<&io::Error> {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(this) = cause {
        if let Some(io) = this.downcast_ref::<io::Error>() {
            return Some(io);
        }
        cause = this.source();
    }
    None
}

/// What became of an object that was to be written.
fn unwritten(error: Error) -> StoreError {
    if let Some(io) = system_error(&error) {
        disk::end_if_failed("a segment", io);
    }
    failure(error)
}

fn failure(error: Error) -> StoreError {
    if let Error::NotFound { path, .. } = &error {
        return StoreError::Damaged(format!("{path} is missing"));
    }
    match system_error(&error).map(io::Error::kind) {
        Some(io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) => {
            StoreError::Full(error.to_string())
        }
        Some(kind) => StoreError::Io(io::Error::new(kind, error)),
        None => StoreError::Damaged(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_may_be_dropped_where_another_runtime_runs() {
        let directory = tempfile::tempdir().unwrap();
        let objects = Objects::open(directory.path()).unwrap();
        let other = tokio::runtime::Builder::new_current_thread().build().unwrap();

        other.block_on(async { drop(objects) });
    }
}
