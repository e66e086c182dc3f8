//! Frames: length, kind, body, checksum.

use flate2::Crc;

/// What a frame holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Frame {
    /// Where the windows stood when the journal began.
    Head,
    /// Flows of the standing, in the order in which the head lists their windows.
    Standing,
    /// Rules of a generation.
    Rules,
    /// Flows of an epoch.
    Flows,
    /// Books of an epoch.
    Books,
    /// The end of an epoch.
    Mark,
    /// A publication that begins.
    Closing,
}

impl Frame {
    const ALL: [Self; 7] = [
        Self::Head,
        Self::Standing,
        Self::Rules,
        Self::Flows,
        Self::Books,
        Self::Mark,
        Self::Closing,
    ];
}

/// Appends a frame.
pub(super) fn write_frame(out: &mut Vec<u8>, kind: Frame, body: &[u8]) {
    out.extend((body.len() as u64).to_le_bytes());
    out.push(kind as u8);
    out.extend(body);
    out.extend(checksum(kind as u8, body).to_le_bytes());
}

fn checksum(kind: u8, body: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(&(body.len() as u64).to_le_bytes());
    crc.update(&[kind]);
    crc.update(body);
    crc.sum()
}

/// Reads frames up to the first that is not whole.
pub(super) struct Frames<'a> {
    rest: &'a [u8],
    length: usize,
}

impl<'a> Frames<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, length: bytes.len() }
    }

    /// Returns the place after the last whole frame.
    pub(super) const fn position(&self) -> usize {
        self.length - self.rest.len()
    }
}

impl<'a> Iterator for Frames<'a> {
    type Item = (Frame, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (length, rest) = self.rest.split_first_chunk()?;
        let (kind, rest) = rest.split_first()?;
        let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
        let (body, rest) = rest.split_at_checked(length)?;
        let (sum, rest) = rest.split_first_chunk()?;
        if u32::from_le_bytes(*sum) != checksum(*kind, body) {
            return None;
        }
        let frame = *Frame::ALL.get(usize::from(*kind))?;
        self.rest = rest;
        Some((frame, body))
    }
}
