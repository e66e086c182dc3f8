//! What is wrong with the shape of a request: "2 validation errors detected: …; …" (`cloudwatch-logs.md`
//! §3).
//!
//! Every check takes a member and returns what it holds, so that an operation has its parameters as soon
//! as [`Violations::end`] lets it pass.

use flowlogd_aws::Fault;

use super::fault::invalid;

/// Violations that are told of; more than these are not counted either.
const MAX_TOLD: usize = 10;
/// Longer values are not repeated.
const MAX_ECHOED: usize = 1024;

/// Of a log group or a stream.
pub(super) const MAX_NAME: usize = 512;

/// Characters of a member, and what AWS calls them.
#[derive(Clone, Copy)]
pub(super) struct Alphabet {
    pub(super) text: &'static str,
    pub(super) has: fn(char) -> bool,
}

pub(super) const GROUP_NAME: Alphabet =
    Alphabet { text: r"[\.\-_/#A-Za-z0-9]+", has: is_of_group_name };
pub(super) const GROUP_NAME_PART: Alphabet =
    Alphabet { text: r"[\.\-_/#A-Za-z0-9]*", has: is_of_group_name };
pub(super) const STREAM_NAME: Alphabet =
    Alphabet { text: "[^:*]*", has: |character| !matches!(character, ':' | '*') };
pub(super) const IDENTIFIER: Alphabet = Alphabet {
    text: r"[\w#+=/:,.@-]*",
    has: |character| {
        character.is_ascii_alphanumeric()
            || matches!(character, '_' | '#' | '+' | '=' | '/' | ':' | ',' | '.' | '@' | '-')
    },
};
pub(super) const RESOURCE_ARN: Alphabet = Alphabet {
    text: r"[\w+=/:,.@-]*",
    has: |character| (IDENTIFIER.has)(character) && character != '#',
};

const fn is_of_group_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '.' | '-' | '_' | '/' | '#')
}

/// What was found so far.
#[derive(Default)]
pub(super) struct Violations {
    texts: Vec<String>,
    /// A name of a group or a stream is, which has a text of its own.
    name_too_long: bool,
}

impl Violations {
    /// Refuses a request with violations.
    pub(super) fn end(self) -> Result<(), Fault> {
        if self.texts.is_empty() {
            if self.name_too_long {
                return Err(invalid(format!(
                    "Invalid LogGroup or LogStream, both must have length less than or equal to {MAX_NAME}."
                )));
            }
            return Ok(());
        }
        let count = self.texts.len();
        let errors = if count == 1 { "error" } else { "errors" };
        Err(invalid(format!("{count} validation {errors} detected: {}", self.texts.join("; "))))
    }

    /// Something has to be there.
    pub(super) fn required<T: Default>(&mut self, member: &str, value: Option<T>) -> T {
        if value.is_none() {
            self.add_text(&format!("Value null at '{member}'"), "Member must not be null");
        }
        value.unwrap_or_default()
    }

    /// A name of a group that has to be there.
    pub(super) fn group_name(&mut self, value: Option<String>) -> String {
        self.name("logGroupName", value, GROUP_NAME)
    }

    /// A name of a stream that has to be there.
    pub(super) fn stream_name(&mut self, value: Option<String>) -> String {
        self.name("logStreamName", value, STREAM_NAME)
    }

    fn name(&mut self, member: &str, value: Option<String>, alphabet: Alphabet) -> String {
        if value.is_none() {
            return self.required(member, value);
        }
        self.name_too_long |= value.as_ref().is_some_and(|name| name.chars().count() > MAX_NAME);
        self.text(member, value, 1..=usize::MAX, Some(alphabet)).unwrap_or_default()
    }

    /// Text, if it is there.
    pub(super) fn text(
        &mut self,
        member: &str,
        value: Option<String>,
        length: std::ops::RangeInclusive<usize>,
        alphabet: Option<Alphabet>,
    ) -> Option<String> {
        let text = value?;
        self.length(&text, member, text.chars().count(), length);
        if let Some(alphabet) = alphabet {
            let needs_one = alphabet.text.ends_with('+') && text.is_empty();
            if needs_one || !text.chars().all(alphabet.has) {
                let constraint =
                    format!("Member must satisfy regular expression pattern: {}", alphabet.text);
                self.add(&text, member, &constraint);
            }
        }
        Some(text)
    }

    /// A name or an ARN, whose value is not repeated.
    pub(super) fn identifier(&mut self, member: &str, value: Option<&str>, alphabet: Alphabet) {
        let Some(text) = value else { return };
        let mut add = |constraint: &str| self.add_without_value(member, constraint);
        if text.is_empty() {
            add("Member must have length greater than or equal to 1");
        }
        if text.chars().count() > 2048 {
            add("Member must have length less than or equal to 2048");
        }
        if !text.chars().all(alphabet.has) {
            add(&format!("Member must satisfy regular expression pattern: {}", alphabet.text));
        }
    }

    /// A list, if it is there.
    pub(super) fn list(
        &mut self,
        member: &str,
        value: Option<Vec<String>>,
        length: std::ops::RangeInclusive<usize>,
    ) -> Option<Vec<String>> {
        let list = value?;
        self.length(&format!("[{}]", list.join(", ")), member, list.len(), length);
        Some(list)
    }

    /// A number, if it is there.
    pub(super) fn number(
        &mut self,
        member: &str,
        value: Option<i64>,
        range: std::ops::RangeInclusive<i64>,
    ) -> Option<i64> {
        let number = value?;
        if number < *range.start() {
            let constraint =
                format!("Member must have value greater than or equal to {}", range.start());
            self.add(&number.to_string(), member, &constraint);
        }
        if number > *range.end() {
            let constraint =
                format!("Member must have value less than or equal to {}", range.end());
            self.add(&number.to_string(), member, &constraint);
        }
        Some(number)
    }

    /// How many to return: as many as may be, where nothing is said.
    pub(super) fn limit(&mut self, value: Option<i64>, most: i64) -> usize {
        let limit = self.number("limit", value, 1..=most).unwrap_or(most);
        usize::try_from(limit).unwrap_or(1)
    }

    /// A time, if it is there.
    pub(super) fn time(&mut self, member: &str, value: Option<i64>) -> Option<i64> {
        self.number(member, value, 0..=i64::MAX)
    }

    /// A token, if it is there.
    pub(super) fn token(&mut self, value: Option<String>) -> Option<String> {
        self.text("nextToken", value, 1..=usize::MAX, None)
    }

    /// One of some words, if it is there.
    pub(super) fn one_of(
        &mut self,
        member: &str,
        value: Option<String>,
        words: &[&str],
    ) -> Option<String> {
        let word = value?;
        if !words.contains(&word.as_str()) {
            let constraint = format!("Member must satisfy enum value set: [{}]", words.join(", "));
            self.add(&word, member, &constraint);
        }
        Some(word)
    }

    /// Whether something has a length that it may have.
    pub(super) fn length(
        &mut self,
        value: &str,
        member: &str,
        found: usize,
        length: std::ops::RangeInclusive<usize>,
    ) {
        if found < *length.start() {
            let constraint =
                format!("Member must have length greater than or equal to {}", length.start());
            self.add(value, member, &constraint);
        }
        if found > *length.end() {
            let constraint =
                format!("Member must have length less than or equal to {}", length.end());
            self.add(value, member, &constraint);
        }
    }

    /// A violation with the value that violates.
    pub(super) fn add(&mut self, value: &str, member: &str, constraint: &str) {
        if value.len() > MAX_ECHOED {
            return self.add_without_value(member, constraint);
        }
        self.add_text(&format!("Value '{value}' at '{member}'"), constraint);
    }

    /// A violation by a value too large to be told.
    pub(super) fn add_without_value(&mut self, member: &str, constraint: &str) {
        self.add_text(&format!("Value at '{member}'"), constraint);
    }

    fn add_text(&mut self, subject: &str, constraint: &str) {
        if self.texts.len() < MAX_TOLD {
            self.texts.push(format!("{subject} failed to satisfy constraint: {constraint}"));
        }
    }
}
