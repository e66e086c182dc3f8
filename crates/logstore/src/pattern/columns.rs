//! Patterns on lines that are stored as columns: only the columns that a pattern speaks of are looked at, each
//! from top to bottom.

use super::delimited::Slot;
use super::terms::{Term, Terms};
use crate::line::ColumnKind;

/// What a pattern asks of the tokens of lines.
#[derive(Debug)]
pub(crate) enum Plan<'a> {
    /// No line can match.
    Nothing,
    /// Every line matches.
    Everything,
    /// Each of these has to hold.
    Columns(Vec<Test<'a>>),
    /// Terms, of which each is in one token or in none.
    Terms(&'a Terms),
    /// It has to see the lines.
    Lines,
}

/// What is asked of one column.
#[derive(Debug)]
pub(crate) struct Test<'a> {
    pub(crate) column: usize,
    pub(super) slot: &'a Slot,
}

/// A column, as a pattern sees it.
pub(crate) trait Column {
    /// The token in a row.
    fn token(&self, row: usize) -> Token<'_>;
}

/// A token of a line; what has none is a `-`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    Absent,
    /// Written as its decimal digits.
    Number(i64),
    /// UTF-8.
    Text(&'a [u8]),
}

/// Answers for values that come again, as they do in columns: the last text, and some numbers.
struct Memory {
    text: Option<(*const u8, usize, bool)>,
    numbers: Vec<Option<(i64, bool)>>,
}

/// Numbers that are remembered, one for each of so many remainders.
const REMEMBERED: usize = 1024;

impl Memory {
    fn new() -> Self {
        Self { text: None, numbers: vec![None; REMEMBERED] }
    }

    /// Texts are told apart by where they lie: columns have one place for many.
    fn text(&mut self, text: &[u8], ask: impl FnOnce(&[u8]) -> bool) -> bool {
        let place = (text.as_ptr(), text.len());
        if let Some((at, length, answer)) = self.text
            && (at, length) == place
        {
            return answer;
        }
        let answer = ask(text);
        self.text = Some((place.0, place.1, answer));
        answer
    }

    fn number(&mut self, number: i64, ask: impl FnOnce(i64) -> bool) -> bool {
        let place = usize::try_from(number).unwrap_or(0) % REMEMBERED;
        let Some(kept) = self.numbers.get_mut(place) else { return ask(number) };
        if let Some((of, answer)) = *kept
            && of == number
        {
            return answer;
        }
        let answer = ask(number);
        *kept = Some((number, answer));
        answer
    }
}

impl Test<'_> {
    /// Clears the rows that do not pass.
    pub(crate) fn narrow(&self, column: &impl Column, rows: &mut [bool]) {
        let mut memory = Memory::new();
        let absent = self.slot.accepts("-");
        for (row, is_match) in rows.iter_mut().enumerate() {
            if *is_match {
                *is_match = match column.token(row) {
                    Token::Absent => absent,
                    Token::Number(number) => {
                        memory.number(number, |number| self.slot.accepts_number(number))
                    }
                    Token::Text(text) => memory.text(text, |text| {
                        self.slot.accepts(std::str::from_utf8(text).unwrap_or_default())
                    }),
                };
            }
        }
    }
}

impl Terms {
    /// Whether a column, of which some rows have nothing, can have any of the terms.
    pub(crate) fn asks(&self, kind: ColumnKind) -> bool {
        let mut terms = self.required.iter().chain(&self.excluded).chain(&self.optional);
        terms.any(|term| term.is_in(b"-") || term.may_be_in(kind))
    }

    /// Clears the rows whose tokens do not have what is asked. Columns of which nothing is asked may be left
    /// out.
    pub(crate) fn narrow(&self, columns: &[impl Column], rows: &mut [bool]) {
        for term in &self.required {
            let found = term.found_in(columns, rows);
            rows.iter_mut().zip(found).for_each(|(row, found)| *row &= found);
        }
        for term in &self.excluded {
            let found = term.found_in(columns, rows);
            rows.iter_mut().zip(found).for_each(|(row, found)| *row &= !found);
        }
        if !self.optional.is_empty() {
            let mut any = vec![false; rows.len()];
            for term in &self.optional {
                let found = term.found_in(columns, rows);
                any.iter_mut().zip(found).for_each(|(row, found)| *row |= found);
            }
            rows.iter_mut().zip(any).for_each(|(row, any)| *row &= any);
        }
    }
}

impl Term {
    /// Whether a value of this kind can have it.
    fn may_be_in(&self, kind: ColumnKind) -> bool {
        let Self::Text(finder) = self else { return true };
        let mut bytes = finder.needle().iter();
        match kind {
            ColumnKind::Int32 | ColumnKind::Int64 => bytes.all(u8::is_ascii_digit),
            ColumnKind::Address => {
                bytes.all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b'.' | b':'))
            }
            ColumnKind::Text => true,
        }
    }

    /// Says of each of these rows whether one of its tokens has the term.
    fn found_in(&self, columns: &[impl Column], rows: &[bool]) -> Vec<bool> {
        let mut found = vec![false; rows.len()];
        let absent = self.is_in(b"-");
        let may_be_in_number = self.may_be_in(ColumnKind::Int64);
        let mut digits = itoa::Buffer::new();
        for column in columns {
            let mut memory = Memory::new();
            for (row, (found, is_asked)) in found.iter_mut().zip(rows).enumerate() {
                if *found || !is_asked {
                    continue;
                }
                *found = match column.token(row) {
                    Token::Absent => absent,
                    Token::Number(number) => {
                        may_be_in_number
                            && memory.number(number, |number| {
                                self.is_in(digits.format(number).as_bytes())
                            })
                    }
                    Token::Text(text) => memory.text(text, |text| self.is_in(text)),
                };
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Pattern;

    struct Texts(Vec<String>);

    impl Column for Texts {
        fn token(&self, row: usize) -> Token<'_> {
            let text = self.0[row].as_str();
            match text.parse() {
                Ok(number) => Token::Number(number),
                Err(_) if text == "-" => Token::Absent,
                Err(_) => Token::Text(text.as_bytes()),
            }
        }
    }

    fn pattern() -> impl Strategy<Value = String> {
        let value = prop_oneof![
            Just("22"),
            Just("\"22\""),
            Just("2*"),
            Just("AB*"),
            Just("-"),
            Just("%^2%"),
            Just("ABC")
        ];
        let slot = prop_oneof![
            Just("x".to_owned()),
            Just("...".to_owned()),
            (prop_oneof![Just("="), Just("!=")], value)
                .prop_map(|(op, value)| format!("x{op}{value}")),
            prop_oneof![Just("<"), Just(">="), Just("<=")].prop_map(|op| format!("x{op}22")),
            Just("x=22 || x=AB*".to_owned()),
        ];
        let term = prop_oneof![
            Just("22"),
            Just("-22"),
            Just("?AB"),
            Just("?2"),
            Just("\"-\""),
            Just("C"),
            Just("-\"2 A\""),
            Just("%2{2}%")
        ];
        prop_oneof![
            proptest::collection::vec(slot, 0..5)
                .prop_map(|slots| format!("[{}]", slots.join(", "))),
            proptest::collection::vec(term, 0..4).prop_map(|terms| terms.join(" ")),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn columns_match_as_their_lines_do(
            lines in proptest::collection::vec(
                proptest::array::uniform3(prop_oneof![Just("22"), Just("-"), Just("222"), Just("ABC"), Just("AB.22"), Just("0")]),
                1..6,
            ),
            pattern in pattern(),
        ) {
            let Ok(pattern) = Pattern::parse(&pattern) else { return Ok(()) };
            let columns: Vec<Texts> = (0..3)
                .map(|column| Texts(lines.iter().map(|line| line[column].to_owned()).collect()))
                .collect();
            let mut rows = vec![true; lines.len()];
            match pattern.columns(3) {
                Plan::Nothing => rows.fill(false),
                Plan::Everything => {}
                Plan::Columns(tests) => {
                    for test in tests {
                        test.narrow(&columns[test.column], &mut rows);
                    }
                }
                Plan::Terms(terms) => terms.narrow(&columns, &mut rows),
                Plan::Lines => return Ok(()),
            }
            let expected: Vec<_> = lines.iter().map(|line| pattern.matches(&line.join(" "))).collect();
            prop_assert_eq!(rows, expected);
        }
    }
}
