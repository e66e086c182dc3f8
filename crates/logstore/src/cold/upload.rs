//! A segment on its way into the object store, in parts, and its checksums.

use std::io::{self, Write};

use object_store::MultipartUpload;

use super::checksum::Summing;
use super::{Checksums, Objects};
use crate::{StoreError, crash};

/// Bytes of a part; S3 wants 5 MiB at least.
const PART: usize = 8 << 20;

pub(super) struct Upload<'a> {
    objects: &'a Objects,
    upload: Box<dyn MultipartUpload>,
    part: Vec<u8>,
    bytes: u64,
    summing: Summing,
    is_complete: bool,
}

impl<'a> Upload<'a> {
    pub(super) fn begin(objects: &'a Objects, key: &str) -> Result<Self, StoreError> {
        let upload = objects.begin(key)?;
        let summing = Summing::default();
        Ok(Self { objects, upload, part: Vec::new(), bytes: 0, summing, is_complete: false })
    }

    fn send(&mut self) -> Result<(), StoreError> {
        if !self.part.is_empty() {
            self.objects.put_part(&mut self.upload, std::mem::take(&mut self.part))?;
        }
        Ok(())
    }

    /// Brings it to disk; returns how many bytes it has.
    pub(super) fn complete(mut self) -> Result<(u64, Checksums), StoreError> {
        self.send()?;
        crash::at("segment-written");
        self.objects.complete(&mut self.upload)?;
        crash::at("segment-named");
        self.is_complete = true;
        Ok((self.bytes, std::mem::take(&mut self.summing).finish()))
    }
}

impl Drop for Upload<'_> {
    fn drop(&mut self) {
        if !self.is_complete {
            self.objects.abort(&mut self.upload);
        }
    }
}

impl Write for Upload<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.part.extend(bytes);
        self.summing.update(bytes);
        self.bytes += u64::try_from(bytes.len()).unwrap_or(0);
        if self.part.len() >= PART {
            self.send().map_err(|error| {
                let is_full = matches!(error, StoreError::Full(_));
                let kind = if is_full { io::ErrorKind::StorageFull } else { io::ErrorKind::Other };
                io::Error::new(kind, error)
            })?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
