//! Members: `{ $.user.id = 1 && $.error NOT EXISTS }` (`cloudwatch-logs.md` §5.5).
//!
//! An event is read once, from front to back: what no selector leads to is skipped without being kept, so
//! that the cost does not grow with the pattern or the nesting.

mod walk;

use super::InvalidPattern;
use super::comparison::{Comparison, Scalar};
use super::cursor::Cursor;
use super::expression::Expression;
use super::selector::Selector;

/// Wildcards that one pattern may have.
const MAX_WILDCARDS: usize = 3;

/// What is asked of an event, and how the answers are put together.
#[derive(Clone, Debug)]
pub(super) struct Json {
    questions: Vec<Question>,
    /// Of numbers of questions.
    expression: Expression<usize>,
    has_regex: bool,
}

#[derive(Clone, Debug)]
struct Question {
    selector: Selector,
    test: Test,
}

#[derive(Clone, Debug)]
enum Test {
    Compare(Comparison),
    IsNull,
    IsBoolean(bool),
    NotExists,
}

/// What a selector leads to.
#[derive(Clone, Copy, Debug)]
enum Found<'a> {
    Scalar(Scalar<'a>),
    Null,
    /// An object or an array, which only exists.
    Container,
}

impl Question {
    /// Whether a value settles the question: for all but `NOT EXISTS` with yes.
    fn is_settled_by(&self, found: Found<'_>) -> bool {
        match (&self.test, found) {
            (Test::NotExists, _) | (Test::IsNull, Found::Null) => true,
            (Test::Compare(comparison), Found::Scalar(scalar)) => comparison.holds(scalar),
            (Test::IsBoolean(wanted), Found::Scalar(Scalar::Boolean(value))) => value == *wanted,
            (Test::Compare(_) | Test::IsNull | Test::IsBoolean(_), _) => false,
        }
    }
}

impl Json {
    /// Reads what stands between the braces.
    pub(super) fn parse(inner: &str) -> Result<Self, InvalidPattern> {
        let mut questions = Vec::new();
        let mut cursor = Cursor::new(inner);
        let expression = Expression::parse(&mut cursor, &mut |cursor| {
            questions.push(question(cursor)?);
            Ok(questions.len() - 1)
        })?;
        let wildcards: usize = questions.iter().map(|question| question.selector.wildcards()).sum();
        if !cursor.is_at_end() || wildcards > MAX_WILDCARDS {
            return Err(InvalidPattern::pattern());
        }
        Ok(Self { questions, expression, has_regex: cursor.has_taken_regex() })
    }

    pub(super) const fn has_regex(&self) -> bool {
        self.has_regex
    }

    /// What is not a JSON object does not match.
    pub(super) fn matches(&self, message: &str) -> bool {
        if !message.trim_ascii_start().starts_with('{') {
            return false;
        }
        let Some(settled) = walk::settle(&self.questions, message) else { return false };
        self.expression.holds(&|number| {
            let (Some(question), Some(settled)) =
                (self.questions.get(*number), settled.get(*number))
            else {
                return false;
            };
            match question.test {
                Test::NotExists => !settled,
                Test::Compare(_) | Test::IsNull | Test::IsBoolean(_) => *settled,
            }
        })
    }

    /// Returns the scalars that the pattern's selectors lead to, by the selectors as they are written. One
    /// with a wildcard leads to no one value.
    pub(super) fn extract(&self, message: &str) -> Option<Vec<(String, String)>> {
        if !self.matches(message) {
            return None;
        }
        let mut values: Vec<(String, String)> = Vec::new();
        // What was passed over on the way may be nothing that could be kept, like a number too large.
        let Ok(event) = serde_json::from_str(message) else { return Some(values) };
        for Question { selector, .. } in &self.questions {
            let is_there = values.iter().any(|(source, _)| *source == selector.source);
            if let Some(value) = selector.text_in(&event).filter(|_| !is_there) {
                values.push((selector.source.clone(), value));
            }
        }
        Some(values)
    }
}

fn question(cursor: &mut Cursor<'_>) -> Result<Question, InvalidPattern> {
    let selector = Selector::parse(cursor)?;
    let begun = cursor.rest();
    let words = [take_word(cursor), take_word(cursor)];
    let test = match words {
        ["IS", "NULL"] => Test::IsNull,
        ["IS", "TRUE"] => Test::IsBoolean(true),
        ["IS", "FALSE"] => Test::IsBoolean(false),
        ["NOT", "EXISTS"] => Test::NotExists,
        _ => {
            cursor.go_back(begun);
            Test::Compare(Comparison::parse(cursor)?)
        }
    };
    Ok(Question { selector, test })
}

fn take_word<'a>(cursor: &mut Cursor<'a>) -> &'a str {
    cursor.skip_blanks();
    cursor.take_while(|character| character.is_ascii_alphabetic())
}
