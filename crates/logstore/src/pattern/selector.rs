//! `$.objectList[1].id`: where in a JSON event (`cloudwatch-logs.md` §5.5).

use serde_json::Value;

use super::InvalidPattern;
use super::cursor::Cursor;

/// The way from an event to a value.
#[derive(Clone, Debug)]
pub(super) struct Selector {
    /// At least one.
    pub(super) steps: Vec<Step>,
    /// As it is written.
    pub(super) source: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// `.key` or `.['any key']`
    Key(String),
    /// `[0]`
    Index(usize),
    /// `.*`
    AnyMember,
    /// `[*]`
    AnyElement,
}

impl Selector {
    pub(super) fn parse(cursor: &mut Cursor<'_>) -> Result<Self, InvalidPattern> {
        cursor.skip_blanks();
        let begun = cursor.rest();
        cursor.expect("$")?;
        let mut steps = Vec::new();
        while let Some(step) = step(cursor)? {
            steps.push(step);
        }
        let source = begun.get(..begun.len() - cursor.rest().len()).unwrap_or_default();
        let selector = Self { steps, source: source.to_owned() };
        if selector.steps.is_empty() || selector.wildcards() > 1 {
            return Err(InvalidPattern::pattern());
        }
        Ok(selector)
    }

    /// Returns the scalar that it leads to, as text.
    pub(super) fn text_in(&self, event: &Value) -> Option<String> {
        let mut here = event;
        for step in &self.steps {
            here = match step {
                Step::Key(key) => here.get(key)?,
                Step::Index(index) => here.get(index)?,
                Step::AnyMember | Step::AnyElement => return None,
            };
        }
        match here {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(value) => Some(value.to_string()),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }

    /// How many of its steps are wildcards.
    pub(super) fn wildcards(&self) -> usize {
        self.steps.iter().filter(|step| matches!(step, Step::AnyMember | Step::AnyElement)).count()
    }
}

fn step(cursor: &mut Cursor<'_>) -> Result<Option<Step>, InvalidPattern> {
    if cursor.eat_here("[*]") {
        return Ok(Some(Step::AnyElement));
    }
    if cursor.eat_here("[") {
        let digits = cursor.take_while(|character| character.is_ascii_digit());
        let index = digits.parse().map_err(|_| InvalidPattern::pattern())?;
        return closed(cursor, "]", Step::Index(index));
    }
    if !cursor.eat_here(".") {
        return Ok(None);
    }
    if cursor.eat_here("*") {
        return Ok(Some(Step::AnyMember));
    }
    if cursor.eat_here("['") {
        let key = cursor.take_while(|character| character != '\'').to_owned();
        return closed(cursor, "']", Step::Key(key));
    }
    let key = cursor.take_while(|character| {
        character.is_ascii_alphanumeric() || matches!(character, '_' | '-')
    });
    if key.is_empty() {
        return Err(InvalidPattern::pattern());
    }
    Ok(Some(Step::Key(key.to_owned())))
}

fn closed(cursor: &mut Cursor<'_>, end: &str, step: Step) -> Result<Option<Step>, InvalidPattern> {
    if cursor.eat_here(end) { Ok(Some(step)) } else { Err(InvalidPattern::pattern()) }
}
