//! What can be wrong with a file of records.

use std::fmt;
use std::io;

use crate::{Field, FormatFault, Values};

/// Why a file cannot be read, or not further.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The input failed, or is damaged gzip.
    #[error("failed to read the records")]
    Input(#[from] io::Error),
    /// The header line names fields that do not exist (the first ten of them).
    #[error("the header line names unknown fields: {}", .0.join(", "))]
    UnknownFields(Vec<String>),
    /// The header line names only fields, but they are no format.
    #[error("the header line is no format: {0}")]
    InvalidHeader(FormatFault),
    /// The header line is not that of the format that was given.
    #[error("the header line lists `{header}`, the given format `{given}`")]
    OtherHeader {
        /// The fields of the header line.
        header: String,
        /// The fields of the given format.
        given: String,
    },
    /// Nothing tells which fields the lines have.
    #[error(
        "the first line is neither a header line nor a record of the default format: give the format"
    )]
    NoFormat,
}

/// Why a line is not a record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineFault {
    /// It is too long to be one.
    #[error("the line is longer than {} bytes", super::MAX_LINE)]
    TooLong,
    /// It is not UTF-8.
    #[error("the line is not UTF-8")]
    NotUtf8,
    /// It has more or fewer values than the format has fields.
    #[error("the line has {found} fields, the format {expected}")]
    FieldCount {
        /// How many the line has.
        found: usize,
        /// How many the format has.
        expected: usize,
    },
    /// A value is not one of its field's.
    #[error("`{field}` is `{token}`, which is not {}", Expected(*field))]
    Value {
        /// The field.
        field: Field,
        /// The start of what stands in its place.
        token: String,
    },
}

struct Expected(Field);

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.values() {
            Values::UpTo(most) => write!(f, "a number up to {most}"),
            Values::Address => f.write_str("an IP address"),
            Values::OneOf(words) => write!(f, "one of {} or -", words.join(", ")),
            Values::Token => f.write_str("a text"),
        }
    }
}

/// Returns the first characters of a text that may be long. What would end the line of a message, or
/// command the terminal, is escaped.
pub(super) fn excerpt(text: &str) -> String {
    let mut excerpt = String::new();
    for character in text.chars().take(64) {
        if character.is_control() {
            excerpt.extend(character.escape_default());
        } else {
            excerpt.push(character);
        }
    }
    excerpt
}

/// A faulty line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {fault}")]
pub struct NumberedFault {
    /// Its number, counted from 1.
    pub line: u64,
    /// What is wrong with it.
    pub fault: LineFault,
}

/// The lines that were passed over: all counted, the first hundred kept.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    count: u64,
    first: Vec<NumberedFault>,
}

impl Faults {
    const KEPT: usize = 100;

    /// Returns how many lines were passed over.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Returns the first of them.
    pub fn first(&self) -> &[NumberedFault] {
        &self.first
    }

    pub(super) fn note(&mut self, line: u64, fault: LineFault) {
        self.count += 1;
        if self.first.len() < Self::KEPT {
            self.first.push(NumberedFault { line, fault });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_message_quotes_stays_in_its_line_and_commands_no_terminal() {
        assert_eq!(excerpt("a\r\nb\t\u{1b}[2J\u{7f}\u{9b}"), r"a\r\nb\t\u{1b}[2J\u{7f}\u{9b}");
        assert_eq!(excerpt("é \"\\"), "é \"\\");
    }
}
