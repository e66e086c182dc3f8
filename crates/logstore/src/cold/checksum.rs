//! Checksums of a file, one for each stretch, so that what is read can be checked without reading all of it.

use crate::StoreError;

/// Bytes that one checksum covers.
pub(crate) const STRETCH: usize = 16 << 10;

/// CRC-32 of each stretch of a file; the last one may be short.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Checksums {
    sums: Vec<u32>,
}

impl Checksums {
    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Self {
        let (words, _) = bytes.as_chunks();
        Self { sums: words.iter().map(|word| u32::from_le_bytes(*word)).collect() }
    }

    /// Little-endian words.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        self.sums.iter().flat_map(|sum| sum.to_le_bytes()).collect()
    }

    /// Checks bytes that begin at an offset in the file; it and their end are those of stretches.
    pub(crate) fn check(&self, offset: u64, bytes: &[u8]) -> Result<(), StoreError> {
        let first = usize::try_from(offset).unwrap_or(usize::MAX) / STRETCH;
        for (number, stretch) in (first..).zip(bytes.chunks(STRETCH)) {
            if self.sums.get(number) != Some(&crc32fast::hash(stretch)) {
                return Err(StoreError::Damaged(format!(
                    "bytes {} to {} are not what was written",
                    number * STRETCH,
                    number * STRETCH + stretch.len()
                )));
            }
        }
        Ok(())
    }

    /// How many stretches there are.
    pub(crate) fn len(&self) -> usize {
        self.sums.len()
    }
}

/// Makes the checksums of what is written.
#[derive(Debug, Default)]
pub(super) struct Summing {
    sums: Vec<u32>,
    open: crc32fast::Hasher,
    filled: usize,
}

impl Summing {
    pub(super) fn update(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let room = (STRETCH - self.filled).min(bytes.len());
            let (now, later) = bytes.split_at(room);
            self.open.update(now);
            self.filled += now.len();
            if self.filled == STRETCH {
                self.close();
            }
            bytes = later;
        }
    }

    fn close(&mut self) {
        self.sums.push(std::mem::take(&mut self.open).finalize());
        self.filled = 0;
    }

    pub(super) fn finish(mut self) -> Checksums {
        if self.filled > 0 {
            self.close();
        }
        Checksums { sums: self.sums }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_bit_is_found_in_its_stretch_and_nowhere_else() {
        let mut bytes: Vec<u8> =
            (0..STRETCH * 2 + 5).map(|at| u8::try_from(at % 251).unwrap()).collect();
        let mut summing = Summing::default();
        for part in bytes.chunks(1000) {
            summing.update(part);
        }
        let sums = summing.finish();
        assert_eq!(Checksums::from_bytes(&sums.to_bytes()), sums);
        assert_eq!(sums.len(), 3);
        assert!(sums.check(0, &bytes).is_ok());

        bytes[STRETCH + 7] ^= 1;

        assert!(sums.check(0, &bytes).is_err());
        assert!(sums.check(0, &bytes[..STRETCH]).is_ok());
        let second = u64::try_from(STRETCH).unwrap();
        assert!(sums.check(second, &bytes[STRETCH..]).is_err());
        assert!(sums.check(2 * second, &bytes[2 * STRETCH..]).is_ok());
        assert!(sums.check(3 * second, &[0]).is_err(), "beyond the end");
    }
}
