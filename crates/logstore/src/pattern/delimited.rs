//! Columns: `[..., bytes > 1000, action = REJECT, status]` (`cloudwatch-logs.md` §5.4).

use std::collections::VecDeque;

use super::InvalidPattern;
use super::columns::{Plan, Test};
use super::comparison::{Comparison, Scalar};
use super::cursor::{Cursor, is_word};
use super::expression::Expression;
use super::number::Number;
use super::tokens::Tokens;

/// Slots for the tokens of a message.
#[derive(Clone, Debug)]
pub(super) struct Delimited {
    /// Bound to the first tokens.
    head: Vec<Slot>,
    /// Bound to the last ones, after `...`; without it the last slot of the head takes all that is left.
    tail: Option<Vec<Slot>>,
    has_regex: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Slot {
    /// The empty one at the end has none.
    name: Option<String>,
    condition: Option<Expression<Comparison>>,
}

impl Slot {
    pub(super) fn accepts(&self, token: &str) -> bool {
        let Some(condition) = &self.condition else { return true };
        condition.holds(&|comparison| comparison.holds(Scalar::Text(token)))
    }

    /// The same as of the number's digits.
    pub(super) fn accepts_number(&self, number: i64) -> bool {
        let Some(condition) = &self.condition else { return true };
        condition.holds(&|comparison| comparison.holds(Scalar::Number(Number::Whole(number))))
    }
}

impl Delimited {
    /// Reads what stands between the brackets. `[]` is `[...]`.
    pub(super) fn parse(inner: &str) -> Result<Self, InvalidPattern> {
        let mut cursor = Cursor::new(inner);
        if cursor.is_at_end() {
            return Ok(Self { head: Vec::new(), tail: Some(Vec::new()), has_regex: false });
        }
        let mut head = Vec::new();
        let mut tail: Option<Vec<Slot>> = None;
        loop {
            if cursor.eat("...") {
                if tail.is_some() {
                    return Err(InvalidPattern::pattern());
                }
                tail = Some(Vec::new());
            } else {
                tail.as_mut().unwrap_or(&mut head).push(slot(&mut cursor)?);
            }
            if cursor.is_at_end() {
                break;
            }
            cursor.expect(",")?;
            if cursor.is_at_end() {
                let empty = Slot { name: None, condition: None };
                tail.as_mut().unwrap_or(&mut head).push(empty);
                break;
            }
        }
        Ok(Self { head, tail, has_regex: cursor.has_taken_regex() })
    }

    pub(super) const fn has_regex(&self) -> bool {
        self.has_regex
    }

    pub(super) fn matches(&self, message: &str) -> bool {
        let mut tokens = Tokens::of(message);
        let Some(tail) = &self.tail else {
            let Some((last, slots)) = self.head.split_last() else { return true };
            return slots.iter().all(|slot| tokens.next().is_some_and(|token| slot.accepts(token)))
                && what_is_left(&mut tokens).is_some_and(|token| last.accepts(token));
        };
        if !self.head.iter().all(|slot| tokens.next().is_some_and(|token| slot.accepts(token))) {
            return false;
        }
        if tail.is_empty() {
            return true;
        }
        let mut last_tokens = VecDeque::with_capacity(tail.len());
        for token in tokens {
            if last_tokens.len() == tail.len() {
                last_tokens.pop_front();
            }
            last_tokens.push_back(token);
        }
        last_tokens.len() == tail.len()
            && tail.iter().zip(&last_tokens).all(|(slot, token)| slot.accepts(token))
    }

    /// Says which of so many tokens are asked for what.
    pub(super) fn plan(&self, width: usize) -> Plan<'_> {
        let tail = self.tail.as_deref().unwrap_or_default();
        if self.head.len() + tail.len() > width {
            return Plan::Nothing;
        }
        if self.tail.is_none() && self.head.len() < width {
            // The last slot would hold several tokens.
            let last = self.head.last();
            if last.is_none_or(|slot| slot.condition.is_some()) {
                return Plan::Lines;
            }
        }
        let head = self.head.iter().enumerate();
        let tail = (width - tail.len()..).zip(tail);
        let tests = head.chain(tail).filter(|(_, slot)| slot.condition.is_some());
        Plan::Columns(tests.map(|(column, slot)| Test { column, slot }).collect())
    }

    pub(super) fn extract(&self, message: &str) -> Option<Vec<(String, String)>> {
        let columns = self.columns(message)?;
        let named = |(at, column): (usize, &&str)| {
            let key = self
                .slot_of(at, columns.len())
                .and_then(|slot| slot.name.as_ref())
                .map_or_else(|| format!("${}", at + 1), |name| format!("${name}"));
            (key, (*column).to_owned())
        };
        Some(columns.iter().enumerate().map(named).collect())
    }

    /// Returns the columns of a message that matches.
    pub(super) fn columns<'m>(&self, message: &'m str) -> Option<Vec<&'m str>> {
        if !self.matches(message) {
            return None;
        }
        let mut tokens = Tokens::of(message);
        let mut columns = Vec::new();
        for number in 0..self.head.len() {
            let is_last = self.tail.is_none() && number + 1 == self.head.len();
            columns.push(if is_last { what_is_left(&mut tokens)? } else { tokens.next()? });
        }
        if self.tail.is_some() {
            columns.extend(tokens);
        }
        Some(columns)
    }

    /// Returns what stands in the column of a name, without its `$`, or of a number where it has no name.
    pub(super) fn column<'m>(&self, name: &str, columns: &[&'m str]) -> Option<&'m str> {
        let number: Option<usize> = name.parse().ok();
        let mut numbered = columns.iter().enumerate();
        let (_, column) = numbered.find(|(at, _)| {
            match self.slot_of(*at, columns.len()).and_then(|slot| slot.name.as_deref()) {
                Some(own) => own == name,
                None => number == Some(at + 1),
            }
        })?;
        Some(*column)
    }

    /// Whether matching messages can have a column of this name or number.
    pub(super) fn has_column(&self, name: &str) -> bool {
        let slots = || self.head.iter().chain(self.tail.iter().flatten());
        if slots().any(|slot| slot.name.as_deref() == Some(name)) {
            return true;
        }
        let is_number = !name.starts_with('0') && name.bytes().all(|byte| byte.is_ascii_digit());
        let place = name.parse::<usize>().ok().filter(|_| is_number);
        place.and_then(|number| number.checked_sub(1)).is_some_and(|at| {
            self.head.get(at).map_or(self.tail.is_some(), |slot| slot.name.is_none())
        })
    }

    /// Returns the slot that is bound to a column; none where `...` skips it.
    fn slot_of(&self, at: usize, columns: usize) -> Option<&Slot> {
        let tail = self.tail.as_deref().unwrap_or_default();
        self.head.get(at).or_else(|| tail.get((at + tail.len()).checked_sub(columns)?))
    }
}

/// Takes one token, or the rest of the line if there are more.
fn what_is_left<'a>(tokens: &mut Tokens<'a>) -> Option<&'a str> {
    let line = tokens.rest();
    let token = tokens.next()?;
    Some(if tokens.rest().is_empty() { token } else { line })
}

/// Takes `name` or a condition; all of it speaks of one name.
fn slot(cursor: &mut Cursor<'_>) -> Result<Slot, InvalidPattern> {
    cursor.skip_blanks();
    let begun = cursor.rest();
    let bare = cursor.take_while(is_word);
    if !bare.is_empty() && (cursor.is_at_end() || cursor.rest().starts_with(',')) {
        return Ok(Slot { name: Some(bare.to_owned()), condition: None });
    }
    cursor.go_back(begun);
    let mut name: Option<&str> = None;
    let condition = Expression::parse(cursor, &mut |cursor| {
        cursor.skip_blanks();
        let this = cursor.take_while(is_word);
        if this.is_empty() || *name.get_or_insert(this) != this {
            return Err(InvalidPattern::pattern());
        }
        Comparison::parse(cursor)
    })?;
    Ok(Slot { name: name.map(str::to_owned), condition: Some(condition) })
}
