//! Text as AWS's S3 files hold it: gzip.

use libdeflater::{CompressionError, CompressionLvl, Compressor};

/// Turns text into gzip members, each complete by itself.
///
/// Members one after the other are one gzip file, so blocks may be compressed on several threads, by an
/// encoder each, and written in their order. A member holds at most [`Self::MAX_TEXT`] bytes of text, which
/// bounds the memory of both sides.
pub struct GzipMembers {
    compressor: Compressor,
}

impl GzipMembers {
    /// The most text in one member.
    pub const MAX_TEXT: usize = 1 << 20;

    /// Creates an encoder with the fastest level, which still makes a record a quarter of its text.
    pub fn new() -> Self {
        let fastest = CompressionLvl::new(1).unwrap_or_default();
        Self { compressor: Compressor::new(fastest) }
    }

    /// Appends `text` as members; nothing for an empty text.
    pub fn append(&mut self, text: &[u8], out: &mut Vec<u8>) {
        for block in text.chunks(Self::MAX_TEXT) {
            self.append_member(block, out);
        }
    }

    fn append_member(&mut self, block: &[u8], out: &mut Vec<u8>) {
        let start = out.len();
        let bound = self.compressor.gzip_compress_bound(block.len());
        out.resize(start + bound, 0);
        let room = out.get_mut(start..).unwrap_or_default();
        match self.compressor.gzip_compress(block, room) {
            Ok(len) => out.truncate(start + len),
            Err(CompressionError::InsufficientSpace) => {
                unreachable!("the bound is enough for every text of this length")
            }
        }
    }
}

impl Default for GzipMembers {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for GzipMembers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GzipMembers").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use flate2::read::MultiGzDecoder;
    use proptest::prelude::*;

    use super::*;

    fn members(file: &[u8]) -> usize {
        let (mut count, mut rest) = (0, file);
        while !rest.is_empty() {
            let mut member = flate2::bufread::GzDecoder::new(rest);
            std::io::copy(&mut member, &mut std::io::sink()).unwrap();
            rest = member.into_inner();
            count += 1;
        }
        count
    }

    fn unzip(file: &[u8]) -> Vec<u8> {
        let mut text = Vec::new();
        MultiGzDecoder::new(file).read_to_end(&mut text).unwrap();
        text
    }

    #[test]
    fn a_long_text_becomes_members_of_a_mebibyte_and_none_is_empty() {
        let text: Vec<u8> = (0..=GzipMembers::MAX_TEXT * 2).map(|n| n.to_le_bytes()[0]).collect();
        let mut file = b"before".to_vec();

        GzipMembers::new().append(&text, &mut file);
        GzipMembers::new().append(b"", &mut file);

        let file = file.strip_prefix(b"before").unwrap();
        assert_eq!(members(file), 3);
        assert!(unzip(file) == text);
    }

    proptest! {
        #[test]
        fn every_text_comes_back(texts: [Vec<u8>; 3]) {
            let (mut encoder, mut file) = (GzipMembers::new(), Vec::new());

            for text in &texts {
                encoder.append(text, &mut file);
            }

            let text = if file.is_empty() { Vec::new() } else { unzip(&file) };
            prop_assert_eq!(text, texts.concat());
        }
    }
}
