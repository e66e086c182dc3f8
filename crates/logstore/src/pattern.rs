//! The filter-pattern language (`cloudwatch-logs.md` §5). Pure: text in, yes or no out.
//!
//! The first character chooses the dialect: `{` asks for members of JSON events, `[` for the columns of
//! space-delimited ones, anything else is terms. Work per event is linear in its length, whatever the
//! pattern; what a pattern costs to compile is bounded by [`MAX_LENGTH`] and the limits of its regexes.

pub(crate) mod columns;
mod comparison;
mod cursor;
mod delimited;
mod expression;
mod glob;
mod json;
mod number;
mod reference;
mod regex;
mod selector;
mod terms;
mod tokens;

use std::fmt;

use self::columns::Plan;
use self::delimited::Delimited;
use self::json::Json;
pub use self::reference::Reference;
use self::terms::Terms;

/// Characters that a pattern may have.
pub const MAX_LENGTH: usize = 1024;

/// A compiled pattern.
#[derive(Clone, Debug)]
pub struct Pattern {
    source: String,
    dialect: Dialect,
}

#[derive(Clone, Debug)]
enum Dialect {
    Everything,
    Terms(Terms),
    Delimited(Delimited),
    Json(Json),
}

/// What is no pattern: AWS's text (§3).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidPattern(pub String);

impl InvalidPattern {
    /// What does not follow the grammar.
    fn pattern() -> Self {
        Self("Invalid filter pattern".to_owned())
    }

    /// A term with something that would have to be quoted; control characters are told as escapes.
    fn term(term: &str) -> Self {
        let mut line = String::new();
        for character in term.chars() {
            if character.is_control() {
                line.extend(character.escape_default());
            } else {
                line.push(character);
            }
        }
        Self(format!("Invalid character(s) in term '{line}'"))
    }
}

impl Pattern {
    /// Compiles a pattern of at most [`MAX_LENGTH`] characters.
    pub fn parse(pattern: &str) -> Result<Self, InvalidPattern> {
        if pattern.chars().count() > MAX_LENGTH {
            return Err(InvalidPattern::pattern());
        }
        let text = pattern.trim();
        let dialect = if is_match_all(text) {
            Dialect::Everything
        } else if let Some(rest) = text.strip_prefix('{') {
            let inner = rest.strip_suffix('}').ok_or_else(|| {
                InvalidPattern(
                    "If a filter pattern starts with '{' it must end with '}'".to_owned(),
                )
            })?;
            Dialect::Json(Json::parse(inner)?)
        } else if let Some(rest) = text.strip_prefix('[') {
            let inner = rest.strip_suffix(']').ok_or_else(InvalidPattern::pattern)?;
            Dialect::Delimited(Delimited::parse(inner)?)
        } else {
            Dialect::Terms(Terms::parse(text)?)
        };
        Ok(Self { source: pattern.to_owned(), dialect })
    }

    /// The pattern that every message matches.
    pub const fn everything() -> Self {
        Self { source: String::new(), dialect: Dialect::Everything }
    }

    /// Whether a message matches.
    pub fn matches(&self, message: &str) -> bool {
        match &self.dialect {
            Dialect::Everything => true,
            Dialect::Terms(terms) => terms.matches(message),
            Dialect::Delimited(delimited) => delimited.matches(message),
            Dialect::Json(json) => json.matches(message),
        }
    }

    /// Tells what the pattern asks of lines whose tokens are known one by one, so many of them, one space
    /// between two.
    pub(crate) fn plan(&self, width: usize) -> Plan<'_> {
        match &self.dialect {
            Dialect::Everything => Plan::Everything,
            Dialect::Terms(terms) => terms.plan(),
            Dialect::Delimited(delimited) => delimited.plan(width),
            // A line of tokens may be JSON: `{}` is one.
            Dialect::Json(_) => Plan::Lines,
        }
    }

    /// Whether every message matches.
    pub(crate) const fn is_everything(&self) -> bool {
        matches!(self.dialect, Dialect::Everything)
    }

    /// Returns what a matching message has in the places that the pattern names. `None` where it does not
    /// match. Of columns, in the order of the message: `$name`, and `$1`, `$2` … by absolute position where
    /// there is no name. Of JSON, in the order of the pattern: `$.name`, where it leads to a scalar.
    pub fn extract(&self, message: &str) -> Option<Vec<(String, String)>> {
        match &self.dialect {
            Dialect::Delimited(delimited) => delimited.extract(message),
            Dialect::Json(json) => json.extract(message),
            Dialect::Everything | Dialect::Terms(_) => self.matches(message).then(Vec::new),
        }
    }

    /// Whether there is a regex in it.
    pub const fn has_regex(&self) -> bool {
        match &self.dialect {
            Dialect::Everything => false,
            Dialect::Terms(terms) => terms.has_regex(),
            Dialect::Delimited(delimited) => delimited.has_regex(),
            Dialect::Json(json) => json.has_regex(),
        }
    }

    /// Whether it is of a dialect that knows parts of events: columns or members.
    pub const fn has_parts(&self) -> bool {
        match &self.dialect {
            Dialect::Everything | Dialect::Terms(_) => false,
            Dialect::Delimited(_) | Dialect::Json(_) => true,
        }
    }
}

/// Nothing, or nothing but blanks between two quotes (§5.1).
fn is_match_all(text: &str) -> bool {
    let quoted = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    text.is_empty() || quoted.is_some_and(|inner| !inner.is_empty() && inner.trim().is_empty())
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}

#[cfg(test)]
mod tests;
