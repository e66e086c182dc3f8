//! Terms: `ERROR -"timed out" %4[0-9]{2}%` (`cloudwatch-logs.md` §5.2).

use memchr::memmem::Finder;

use super::InvalidPattern;
use super::columns::Plan;
use super::cursor::{Cursor, is_word};
use super::regex::Regex;

/// What has to be in a message, and what must not.
#[derive(Clone, Debug)]
pub(crate) struct Terms {
    /// All of these.
    pub(super) required: Vec<Term>,
    /// None of these.
    pub(super) excluded: Vec<Term>,
    /// One of these; only looked at where there is nothing else, as AWS does.
    pub(super) optional: Vec<Term>,
}

/// Terms are found anywhere, inside words too.
#[derive(Clone, Debug)]
pub(super) enum Term {
    Text(Box<Finder<'static>>),
    Regex(Regex),
}

impl Term {
    pub(super) fn is_in(&self, message: &[u8]) -> bool {
        match self {
            Self::Text(finder) => finder.find(message).is_some(),
            Self::Regex(regex) => {
                regex.is_found_in(std::str::from_utf8(message).unwrap_or_default())
            }
        }
    }
}

impl Terms {
    pub(super) fn parse(text: &str) -> Result<Self, InvalidPattern> {
        let mut terms = Self { required: Vec::new(), excluded: Vec::new(), optional: Vec::new() };
        let mut cursor = Cursor::new(text);
        while !cursor.is_at_end() {
            let begun = cursor.rest();
            let group = if cursor.eat_here("?") {
                &mut terms.optional
            } else if cursor.eat_here("-") {
                &mut terms.excluded
            } else {
                &mut terms.required
            };
            group.push(term(&mut cursor, begun)?);
        }
        if !terms.required.is_empty() || !terms.excluded.is_empty() {
            terms.optional.clear();
        }
        Ok(terms)
    }

    /// A term without blanks is in a line if it is in one of its tokens.
    pub(super) fn columns(&self) -> Plan<'_> {
        let mut terms = self.required.iter().chain(&self.excluded).chain(&self.optional);
        let is_in_tokens = terms.all(|term| match term {
            Term::Text(finder) => !finder.needle().iter().any(u8::is_ascii_whitespace),
            Term::Regex(_) => false,
        });
        if is_in_tokens { Plan::Terms(self) } else { Plan::Lines }
    }

    pub(super) fn matches(&self, message: &str) -> bool {
        self.required.iter().all(|term| term.is_in(message.as_bytes()))
            && !self.excluded.iter().any(|term| term.is_in(message.as_bytes()))
            && (self.optional.is_empty()
                || self.optional.iter().any(|term| term.is_in(message.as_bytes())))
    }
}

/// Takes one term, which ends at a blank. `begun` is where its sign was, for the error.
fn term(cursor: &mut Cursor<'_>, begun: &str) -> Result<Term, InvalidPattern> {
    let text = |text: &str| Term::Text(Box::new(Finder::new(text.as_bytes()).into_owned()));
    let term = if cursor.eat_here("\"") {
        match cursor.quoted()? {
            phrase if phrase.is_empty() => return Err(InvalidPattern::term(up_to_blank(begun))),
            phrase => text(&phrase),
        }
    } else if cursor.eat_here("%") {
        Term::Regex(cursor.regex()?)
    } else {
        match cursor.take_while(is_word) {
            "" => return Err(InvalidPattern::term(up_to_blank(begun))),
            word => text(word),
        }
    };
    if cursor.rest().starts_with(|character: char| !character.is_whitespace()) {
        let taken = begun.len() - cursor.rest().len();
        let length = taken + up_to_blank(cursor.rest()).len();
        return Err(InvalidPattern::term(begun.get(..length).unwrap_or(begun)));
    }
    Ok(term)
}

fn up_to_blank(text: &str) -> &str {
    text.split(char::is_whitespace).next().unwrap_or_default()
}
