//! A segment from its first byte to its last, in bounded pieces: to check it, and to copy it.

use std::io::Read;

use super::checksum::STRETCH;
use super::file::named;
use super::{Objects, Segment};
use crate::StoreError;

/// Bytes that are in memory at a time; whole stretches of checksums.
const PIECE: u64 = 1 << 20;

impl Segment {
    /// Reads all of the segment's object and hands it on piece by piece, each after it has passed its
    /// checksums. What is not as it was written is [`StoreError::Damaged`].
    pub(crate) fn read_whole(
        &self,
        objects: &Objects,
        mut piece: impl FnMut(&[u8]) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        match objects.size(&self.key)? {
            None => return Err(self.damaged("it is missing")),
            Some(found) if found != self.bytes => {
                let what = format!("it has {found} bytes, not {}", self.bytes);
                return Err(self.damaged(&what));
            }
            Some(_) => {}
        }
        self.covered()?;
        let mut start = 0;
        while start < self.bytes {
            let end = (start + PIECE).min(self.bytes);
            let range = start..end;
            let fetched = objects
                .fetch(&self.key, std::slice::from_ref(&range))
                .map_err(|error| named(self, error))?;
            let bytes = fetched.first().map(AsRef::as_ref).unwrap_or_default();
            self.check(start, end, bytes)?;
            piece(bytes)?;
            start = end;
        }
        Ok(())
    }

    /// The same of a copy of the object; the copy ends where the object does.
    pub(crate) fn check_copy(&self, copy: &mut impl Read) -> Result<(), StoreError> {
        self.covered()?;
        let mut start = 0;
        let mut bytes = Vec::new();
        while start < self.bytes {
            let end = (start + PIECE).min(self.bytes);
            bytes.clear();
            copy.by_ref().take(end - start).read_to_end(&mut bytes)?;
            self.check(start, end, &bytes)?;
            start = end;
        }
        if copy.read(&mut [0])? > 0 {
            return Err(self.damaged("it is longer than it was written"));
        }
        Ok(())
    }

    /// Whether there is a checksum for every byte.
    fn covered(&self) -> Result<(), StoreError> {
        let stretches = usize::try_from(self.bytes).map(|bytes| bytes.div_ceil(STRETCH));
        if stretches.ok() != Some(self.checksums.len()) {
            return Err(self.damaged("the catalog has not as many checksums as it needs"));
        }
        Ok(())
    }

    fn check(&self, start: u64, end: u64, bytes: &[u8]) -> Result<(), StoreError> {
        if u64::try_from(bytes.len()).ok() != Some(end - start) {
            return Err(self.damaged("it is shorter than it was written"));
        }
        self.checksums.check(start, bytes).map_err(|error| named(self, error))
    }

    fn damaged(&self, what: &str) -> StoreError {
        named(self, StoreError::Damaged(what.to_owned()))
    }
}
