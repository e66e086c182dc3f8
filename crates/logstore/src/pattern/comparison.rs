//! `= 4*`, `> 1000`: what is asked of a value.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::InvalidPattern;
use super::cursor::{Cursor, is_word};
use super::glob::Glob;
use super::number::Number;
use super::regex::Regex;

/// An operator and what stands on its right.
#[derive(Clone, Debug)]
pub(super) enum Comparison {
    /// `=`
    Is(Operand),
    /// `!=`
    IsNot(Operand),
    /// `<`, `>`, `<=`, `>=`: numbers only.
    Ordered(Order, Number),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Less,
    Greater,
    AtMost,
    AtLeast,
}

impl Order {
    fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::Less => ordering.is_lt(),
            Self::Greater => ordering.is_gt(),
            Self::AtMost => ordering.is_le(),
            Self::AtLeast => ordering.is_ge(),
        }
    }
}

/// What a value is compared with.
#[derive(Clone, Debug)]
pub(super) enum Operand {
    /// Without quotes: compared as a number.
    Number(Number),
    /// Compared as text.
    Text(String),
    Glob(Glob),
    Regex(Regex),
}

/// A value of an event.
#[derive(Clone, Copy, Debug)]
pub(super) enum Scalar<'a> {
    Text(&'a str),
    Number(Number),
    Boolean(bool),
}

impl Scalar<'_> {
    fn number(self) -> Option<Number> {
        match self {
            Self::Text(text) => Number::parse(text),
            Self::Number(number) => Some(number),
            Self::Boolean(_) => None,
        }
    }
}

impl<'a> Scalar<'a> {
    fn text(self) -> Cow<'a, str> {
        match self {
            Self::Text(text) => Cow::Borrowed(text),
            Self::Number(Number::Whole(whole)) => Cow::Owned(whole.to_string()),
            Self::Number(Number::Real(real)) => Cow::Owned(real.to_string()),
            Self::Boolean(true) => Cow::Borrowed("true"),
            Self::Boolean(false) => Cow::Borrowed("false"),
        }
    }
}

impl Comparison {
    /// Takes an operator and a value.
    pub(super) fn parse(cursor: &mut Cursor<'_>) -> Result<Self, InvalidPattern> {
        // The longer operators first.
        for (token, order) in [
            ("<=", Order::AtMost),
            (">=", Order::AtLeast),
            ("<", Order::Less),
            (">", Order::Greater),
        ] {
            if cursor.eat(token) {
                return Ok(Self::Ordered(order, number(cursor)?));
            }
        }
        if cursor.eat("!=") {
            return Ok(Self::IsNot(Operand::parse(cursor)?));
        }
        cursor.expect("=")?;
        Ok(Self::Is(Operand::parse(cursor)?))
    }

    pub(super) fn holds(&self, value: Scalar<'_>) -> bool {
        match self {
            Self::Is(operand) => operand.equals(value),
            Self::IsNot(operand) => !operand.equals(value),
            Self::Ordered(order, number) => value
                .number()
                .and_then(|value| value.compare(*number))
                .is_some_and(|ordering| order.holds(ordering)),
        }
    }
}

impl Operand {
    fn parse(cursor: &mut Cursor<'_>) -> Result<Self, InvalidPattern> {
        cursor.skip_blanks();
        let text = if cursor.eat_here("\"") {
            cursor.quoted()?
        } else if cursor.eat_here("%") {
            return cursor.regex().map(Self::Regex);
        } else {
            let word = bare(cursor)?;
            if let Some(number) = Number::parse(word) {
                return Ok(Self::Number(number));
            }
            if !word.chars().all(|character| is_word(character) || matches!(character, '.' | '*')) {
                return Err(InvalidPattern::term(word));
            }
            word.to_owned()
        };
        Ok(Glob::parse(&text).map_or(Self::Text(text), Self::Glob))
    }

    fn equals(&self, value: Scalar<'_>) -> bool {
        match self {
            Self::Number(number) => {
                value.number().and_then(|value| value.compare(*number)) == Some(Ordering::Equal)
            }
            Self::Text(text) => *text == value.text(),
            Self::Glob(glob) => glob.matches(&value.text()),
            Self::Regex(regex) => regex.is_found_in(&value.text()),
        }
    }
}

/// Takes a number, which may stand in quotes.
fn number(cursor: &mut Cursor<'_>) -> Result<Number, InvalidPattern> {
    cursor.skip_blanks();
    let quoted;
    let text = if cursor.eat_here("\"") {
        quoted = cursor.quoted()?;
        &quoted
    } else {
        bare(cursor)?
    };
    Number::parse(text).ok_or_else(InvalidPattern::pattern)
}

/// Takes a value without quotes: up to what ends a value.
fn bare<'a>(cursor: &mut Cursor<'a>) -> Result<&'a str, InvalidPattern> {
    let is_end = |character: char| {
        character.is_whitespace() || matches!(character, ',' | '|' | '&' | '(' | ')' | '=' | '"')
    };
    match cursor.take_while(|character| !is_end(character)) {
        "" => Err(InvalidPattern::pattern()),
        word => Ok(word),
    }
}
