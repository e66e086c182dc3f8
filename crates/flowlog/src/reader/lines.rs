//! Bytes → lines of bounded length, without copying those that the input's buffer holds whole.

use std::io::{self, BufRead, BufReader};

use flate2::bufread::MultiGzDecoder;
use memchr::memchr;

use super::MAX_LINE;

const GZIP: u8 = 0x1f;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The lines of an input.
pub(super) struct Lines<R: BufRead> {
    input: Input<R>,
    // A line that reaches over the end of the input's buffer.
    pieces: Vec<u8>,
    // Bytes of the input's buffer that belong to the line lent last.
    lent: usize,
    number: u64,
}

enum Input<R: BufRead> {
    Plain(R),
    Gzip(Box<BufReader<MultiGzDecoder<R>>>),
}

/// What comes next.
#[derive(Clone, Copy)]
pub(super) enum Found {
    Line(Place),
    TooLong,
    End,
}

/// Where a line is until the next one is looked for.
#[derive(Clone, Copy)]
pub(super) enum Place {
    /// So many bytes at the start of the input's buffer.
    Buffer(usize),
    Pieces,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(input: R) -> io::Result<Self> {
        let mut input = Input::Plain(input);
        // No text begins with this control character.
        if input.fill()?.first() == Some(&GZIP) {
            input = input.unzipped();
        }
        Ok(Self { input, pieces: Vec::new(), lent: 0, number: 0 })
    }

    /// Returns the number of the line found last, counted from 1.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Looks for the next line; the last one is gone.
    pub(super) fn advance(&mut self) -> io::Result<Found> {
        self.input.consume(std::mem::take(&mut self.lent));
        self.pieces.clear();
        let mut too_long = false;
        loop {
            let buffer = self.input.fill()?;
            if buffer.is_empty() {
                return Ok(self.last(too_long));
            }
            let newline = memchr(b'\n', buffer);
            let len = newline.unwrap_or(buffer.len());
            too_long |= self.pieces.len() + len > MAX_LINE;
            if newline.is_some() && self.pieces.is_empty() && !too_long {
                self.number += 1;
                self.lent = len + 1;
                return Ok(Found::Line(Place::Buffer(len)));
            }
            if too_long {
                self.pieces.clear();
            } else {
                self.pieces.extend_from_slice(buffer.get(..len).unwrap_or_default());
            }
            self.input.consume(len + usize::from(newline.is_some()));
            if newline.is_some() {
                self.number += 1;
                return Ok(if too_long { Found::TooLong } else { Found::Line(Place::Pieces) });
            }
        }
    }

    /// What stands after the last newline.
    fn last(&mut self, too_long: bool) -> Found {
        if self.pieces.is_empty() && !too_long {
            return Found::End;
        }
        self.number += 1;
        if too_long { Found::TooLong } else { Found::Line(Place::Pieces) }
    }

    /// Returns the line found last, without its end, and without the mark some editors put first.
    pub(super) fn line(&mut self, place: Place) -> io::Result<&[u8]> {
        let line = match place {
            Place::Buffer(len) => self.input.fill()?.get(..len).unwrap_or_default(),
            Place::Pieces => &self.pieces,
        };
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let marked = self.number == 1 && line.starts_with(BYTE_ORDER_MARK);
        Ok(if marked { line.get(BYTE_ORDER_MARK.len()..).unwrap_or_default() } else { line })
    }
}

impl<R: BufRead> Input<R> {
    fn unzipped(self) -> Self {
        match self {
            Self::Plain(input) => {
                // A decompressor that fails takes what it made in that call with it: so little at a time.
                Self::Gzip(Box::new(BufReader::with_capacity(1 << 12, MultiGzDecoder::new(input))))
            }
            Self::Gzip(input) => Self::Gzip(input),
        }
    }

    /// Returns what is buffered, reading only if that is nothing; empty at the end.
    fn fill(&mut self) -> io::Result<&[u8]> {
        loop {
            match self.fill_buf() {
                // Not asked twice: a terminal's end is over once it was seen.
                Ok([]) => return Ok(&[]),
                Ok(_) => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.fill_buf()
    }

    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        match self {
            Self::Plain(input) => input.fill_buf(),
            Self::Gzip(input) => input.fill_buf(),
        }
    }

    fn consume(&mut self, len: usize) {
        match self {
            Self::Plain(input) => input.consume(len),
            Self::Gzip(input) => input.consume(len),
        }
    }
}
