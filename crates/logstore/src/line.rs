//! Lines as columns: what the store has to know of a format to keep its lines as typed columns, and to give
//! them back byte for byte.

use std::fmt::Debug;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::Owner;

/// How a column is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ColumnKind {
    /// Whole numbers from 0 that fit 31 bits.
    Int32,
    /// Whole numbers from 0 that fit 63 bits.
    Int64,
    /// Any text without spaces; few different ones, many times.
    Text,
    /// An IPv4 or IPv6 address.
    Address,
}

/// Which tokens tell a line of this format from others, besides `-`. What was once recognised is stored
/// without this.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tokens {
    /// Anything, or a number where the kind is one.
    #[default]
    Any,
    /// One of these.
    OneOf(&'static [&'static str]),
}

/// A column of a format.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineColumn {
    /// As Parquet has it: `account_id`.
    pub name: String,
    /// How its values are stored.
    pub kind: ColumnKind,
    /// What they look like.
    #[serde(skip)]
    pub tokens: Tokens,
}

/// Lines of so many tokens, with one space between two.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineFormat {
    /// In the order of the line, with names that are all different.
    pub columns: Vec<LineColumn>,
}

/// Says which formats the lines of a group may have. The store knows none by itself.
pub trait LineCodec: Debug + Send + Sync {
    /// The formats, the likeliest first. A line that has none of them is stored as text.
    fn formats(&self, owner: &Owner, group: &str) -> Vec<LineFormat>;
}

/// A store of nothing but text.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoFormats;

impl LineCodec for NoFormats {
    fn formats(&self, _: &Owner, _: &str) -> Vec<LineFormat> {
        Vec::new()
    }
}

/// A token as a column keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cell<'a> {
    /// `-`
    Absent,
    Number(i64),
    Text(&'a str),
}

/// How well a message is told by the columns of a format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Likeness {
    /// The columns give it back byte for byte.
    Exact,
    /// The columns say what it says, but it is written in another way: `080`.
    Paraphrase,
}

impl LineFormat {
    /// Reads a message into cells, one for each column. `None` if it is not a line of this format.
    pub(crate) fn read<'a>(&self, message: &'a str, cells: &mut Vec<Cell<'a>>) -> Option<Likeness> {
        self.read_by(message, cells, LineColumn::read)
    }

    /// The same of a message that was recognised before.
    pub(crate) fn read_again<'a>(
        &self,
        message: &'a str,
        cells: &mut Vec<Cell<'a>>,
    ) -> Option<Likeness> {
        self.read_by(message, cells, LineColumn::read_again)
    }

    fn read_by<'a>(
        &self,
        message: &'a str,
        cells: &mut Vec<Cell<'a>>,
        read: impl Fn(&LineColumn, &'a str) -> Option<(Cell<'a>, Likeness)>,
    ) -> Option<Likeness> {
        cells.clear();
        let mut likeness = Likeness::Exact;
        let mut rest = Some(message);
        for column in &self.columns {
            let (token, after) = match rest?.split_once(' ') {
                Some((token, after)) => (token, Some(after)),
                None => (rest?, None),
            };
            let (cell, found) = read(column, token)?;
            if found == Likeness::Paraphrase {
                likeness = found;
            }
            cells.push(cell);
            rest = after;
        }
        rest.is_none().then_some(likeness)
    }
}

impl LineColumn {
    fn read<'a>(&self, token: &'a str) -> Option<(Cell<'a>, Likeness)> {
        if token == "-" {
            return Some((Cell::Absent, Likeness::Exact));
        }
        match self.kind {
            ColumnKind::Int32 => {
                let (number, likeness) = whole(token)?;
                (number <= i64::from(i32::MAX)).then_some((Cell::Number(number), likeness))
            }
            ColumnKind::Int64 => {
                let (number, likeness) = whole(token)?;
                Some((Cell::Number(number), likeness))
            }
            ColumnKind::Text => {
                self.tokens.hold(token).then_some((Cell::Text(token), Likeness::Exact))
            }
            ColumnKind::Address => {
                token.parse::<IpAddr>().ok().map(|_| (Cell::Text(token), Likeness::Exact))
            }
        }
    }

    fn read_again<'a>(&self, token: &'a str) -> Option<(Cell<'a>, Likeness)> {
        match self.kind {
            ColumnKind::Text | ColumnKind::Address if token != "-" => {
                Some((Cell::Text(token), Likeness::Exact))
            }
            ColumnKind::Int32 | ColumnKind::Int64 | ColumnKind::Text | ColumnKind::Address => {
                self.read(token)
            }
        }
    }
}

impl Tokens {
    fn hold(self, token: &str) -> bool {
        match self {
            Self::Any => is_plain(token),
            Self::OneOf(words) => words.contains(&token),
        }
    }
}

/// Whether a filter pattern takes it for one token: no blanks of another sort in it, no quote or bracket
/// before it, which would hold several together.
fn is_plain(token: &str) -> bool {
    token.bytes().next().is_some_and(|first| !matches!(first, b'"' | b'['))
        && !token.bytes().any(|byte| byte.is_ascii_whitespace())
}

/// Reads decimal digits.
fn whole(token: &str) -> Option<(i64, Likeness)> {
    if token.is_empty() || token.len() > 19 {
        return None;
    }
    let mut number: i64 = 0;
    for byte in token.bytes() {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        number = number.checked_mul(10)?.checked_add(i64::from(digit))?;
    }
    let is_padded = token.len() > 1 && token.starts_with('0');
    Some((number, if is_padded { Likeness::Paraphrase } else { Likeness::Exact }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn format() -> LineFormat {
        let column = |name: &str, kind, tokens| LineColumn { name: name.to_owned(), kind, tokens };
        LineFormat {
            columns: vec![
                column("eni", ColumnKind::Text, Tokens::Any),
                column("addr", ColumnKind::Address, Tokens::Any),
                column("port", ColumnKind::Int32, Tokens::Any),
                column("bytes", ColumnKind::Int64, Tokens::Any),
                column("action", ColumnKind::Text, Tokens::OneOf(&["ACCEPT", "REJECT"])),
            ],
        }
    }

    fn written(cells: &[Cell<'_>]) -> String {
        let tokens: Vec<_> = cells
            .iter()
            .map(|cell| match cell {
                Cell::Absent => "-".to_owned(),
                Cell::Number(number) => number.to_string(),
                Cell::Text(text) => (*text).to_owned(),
            })
            .collect();
        tokens.join(" ")
    }

    #[test]
    fn a_line_is_told_from_what_only_resembles_it() {
        for (line, expected) in [
            ("eni-1 10.0.0.1 80 9223372036854775807 ACCEPT", Some(Likeness::Exact)),
            ("- - - - -", Some(Likeness::Exact)),
            ("eni-1 fd00::1 80 1 REJECT", Some(Likeness::Exact)),
            ("eni-1 10.0.0.1 080 1 REJECT", Some(Likeness::Paraphrase)),
            ("eni-1 10.0.0.1 80 9223372036854775808 ACCEPT", None),
            ("eni-1 10.0.0.1 2147483648 1 ACCEPT", None),
            ("eni-1 10.0.0.1 +80 1 ACCEPT", None),
            ("eni-1 10.0.0 80 1 ACCEPT", None),
            ("eni-1 10.0.0.1 80 1 accept", None),
            ("eni-1 10.0.0.1 80 1", None),
            ("eni-1 10.0.0.1 80 1 ACCEPT OK", None),
            ("eni-1  10.0.0.1 80 1 ACCEPT", None),
            ("eni-1 10.0.0.1 80 1 ACCEPT ", None),
            (" eni-1 10.0.0.1 80 1 ACCEPT", None),
            ("eni\t1 10.0.0.1 80 1 ACCEPT", None),
            ("\"eni-1 10.0.0.1 80 1 ACCEPT", None),
            ("[eni-1 10.0.0.1 80 1 ACCEPT", None),
            ("", None),
        ] {
            assert_eq!(format().read(line, &mut Vec::new()), expected, "{line}");
        }
    }

    proptest! {
        #[test]
        fn an_exact_line_is_given_back_byte_for_byte(
            line in "[a-z\\[\"\t]{0,3} (-|10\\.0\\.0\\.[0-9]{1,3}) [0-9]{1,11} [0-9]{1,20} (-|ACCEPT|REJECT)",
        ) {
            let mut cells = Vec::new();
            if let Some(likeness) = format().read(&line, &mut cells) {
                prop_assert_eq!(written(&cells) == line, likeness == Likeness::Exact);
            }
        }
    }
}
