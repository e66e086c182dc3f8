//! Room on the disk. Below a floor nothing new is stored, so that what deletes still has room to work; and a
//! ballast file is given up where even that is gone.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};

use nix::fcntl::posix_fallocate;
use nix::sys::statvfs::statvfs;

use crate::{StoreError, disk};

/// The room of a store's directory.
#[derive(Debug)]
pub(super) struct Space {
    directory: PathBuf,
    floor: u64,
    ballast: u64,
}

const BALLAST: &str = "ballast";

impl Space {
    pub(super) fn new(directory: &Path, floor: u64, ballast: u64) -> Self {
        Self { directory: directory.to_owned(), floor, ballast }
    }

    /// Bytes that are free for us.
    pub(super) fn free(&self) -> Result<u64, StoreError> {
        let found = statvfs(&self.directory).map_err(std::io::Error::from)?;
        Ok(found.blocks_available().saturating_mul(found.fragment_size()))
    }

    /// Free bytes below which nothing new is stored.
    pub(super) const fn floor(&self) -> u64 {
        self.floor
    }

    /// Refuses what would store something new, if there is too little room.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        let free = self.free()?;
        if free < self.floor {
            return Err(StoreError::Full(format!(
                "{free} bytes are free in {}, and it stores nothing below {}",
                self.directory.display(),
                self.floor
            )));
        }
        Ok(())
    }

    fn path(&self) -> PathBuf {
        self.directory.join(BALLAST)
    }

    /// Lays the ballast down where it is missing and there is room for it.
    pub(super) fn lay_ballast(&self) -> Result<(), StoreError> {
        if self.ballast == 0 {
            return Ok(());
        }
        let path = self.path();
        let length = std::fs::metadata(&path).map_or(0, |found| found.len());
        if length == self.ballast || self.free()? < self.floor.saturating_add(2 * self.ballast) {
            return Ok(());
        }
        let laid = lay(&path, self.ballast);
        if let Err(error) = &laid {
            disk::end_if_failed("the ballast", error);
            self.release();
        }
        Ok(laid?)
    }

    /// Gives the ballast's room up. Says whether there was any.
    pub(super) fn release(&self) -> bool {
        match std::fs::remove_file(self.path()) {
            Ok(()) => {
                tracing::warn!(
                    "the disk is full: the log store has given up its ballast to delete"
                );
                true
            }
            Err(_) => false,
        }
    }
}

/// Has the system set blocks aside: a hole would reserve nothing.
fn lay(path: &Path, length: u64) -> std::io::Result<()> {
    let file = OpenOptions::new().create(true).write(true).truncate(true).open(path)?;
    posix_fallocate(&file, 0, i64::try_from(length).unwrap_or(i64::MAX))?;
    file.sync_all()
}
