//! Tags that groups have to have (`cloudwatch-logs.md` §4.1).

use flowlogd_aws::logs::shapes::TagFilter as Given;

use crate::model::Tags;

use super::tags::is_tag_text;
use super::violations::Violations;

const MEMBER: &str = "logGroupTags";
const MAX_FILTERS: usize = 5;
const MAX_VALUES: usize = 5;
const MAX_KEY: usize = 128;
/// A tag's value with `!` and two `*`.
const MAX_VALUE: usize = 259;

/// All of these.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct TagFilters(Vec<TagFilter>);

/// A key, and any of these values; without one, whatever the value is.
#[derive(Clone, Debug, PartialEq, Eq)]
struct TagFilter {
    key: String,
    values: Vec<Value>,
}

/// `!prod*`: whether the value is not so, and how it would be.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Value {
    is_negated: bool,
    text: Text,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Text {
    /// In this case.
    Exactly(String),
    /// In any case, and so lower case here.
    Begins(String),
    Ends(String),
    Contains(String),
}

impl TagFilters {
    pub(super) fn checked(violations: &mut Violations, given: Option<Vec<Given>>) -> Self {
        let Some(given) = given else { return Self::default() };
        if !(1..=MAX_FILTERS).contains(&given.len()) {
            let constraint = if given.is_empty() {
                "Member must have length greater than or equal to 1".to_owned()
            } else {
                format!("Member must have length less than or equal to {MAX_FILTERS}")
            };
            violations.add_without_value(MEMBER, &constraint);
        }
        let filters = (1..).zip(given).map(|(number, filter)| {
            let member = |name: &str| format!("{MEMBER}.{number}.member.{name}");
            let key = key(violations, &member("key"), filter.key);
            let values = values(violations, &member("values"), filter.values);
            TagFilter { key, values }
        });
        Self(filters.collect())
    }

    pub(super) fn match_all(&self, tags: &Tags) -> bool {
        self.0.iter().all(|filter| filter.matches(tags))
    }
}

fn key(violations: &mut Violations, member: &str, key: Option<String>) -> String {
    let Some(key) = key else { return violations.required(member, None) };
    violations.length(&key, member, key.chars().count(), 1..=MAX_KEY);
    if !is_tag_text(&key) {
        let constraint =
            r"Member must satisfy regular expression pattern: ^([\p{L}\p{Z}\p{N}_.:/=+\-@]+)$";
        violations.add(&key, member, constraint);
    }
    key
}

fn values(violations: &mut Violations, member: &str, values: Option<Vec<String>>) -> Vec<Value> {
    let values = violations.list(member, values, 0..=MAX_VALUES).unwrap_or_default();
    for (number, value) in (1..).zip(&values) {
        let member = format!("{member}.{number}.member");
        violations.length(value, &member, value.chars().count(), 0..=MAX_VALUE);
        if Value::read(value).is_none() {
            let constraint = r"Member must satisfy regular expression pattern: ^!?\*?([\p{L}\p{Z}\p{N}_.:/=+\-@]*)\*?$";
            violations.add(value, &member, constraint);
        }
    }
    values.iter().filter_map(|value| Value::read(value)).collect()
}

impl TagFilter {
    fn matches(&self, tags: &Tags) -> bool {
        let Some(value) = tags.get(&self.key) else { return false };
        self.values.is_empty() || self.values.iter().any(|wanted| wanted.matches(value))
    }
}

impl Value {
    fn read(text: &str) -> Option<Self> {
        let bare = text.strip_prefix('!').unwrap_or(text);
        let is_negated = bare != text;
        let (has_start, rest) = match bare.strip_prefix('*') {
            Some(rest) => (false, rest),
            None => (true, bare),
        };
        let (has_end, rest) = match rest.strip_suffix('*') {
            Some(rest) => (false, rest),
            None => (true, rest),
        };
        let lower = || rest.to_lowercase();
        let text = match (has_start, has_end) {
            (true, true) => Text::Exactly(rest.to_owned()),
            (true, false) => Text::Begins(lower()),
            (false, true) => Text::Ends(lower()),
            (false, false) => Text::Contains(lower()),
        };
        is_tag_text(rest).then_some(Self { is_negated, text })
    }

    fn matches(&self, value: &str) -> bool {
        let lower = || value.to_lowercase();
        let is_so = match &self.text {
            Text::Exactly(text) => value == text,
            Text::Begins(text) => lower().starts_with(text),
            Text::Ends(text) => lower().ends_with(text),
            Text::Contains(text) => lower().contains(text),
        };
        is_so != self.is_negated
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(values: &[&str], tag: &str) -> bool {
        let filter = Given {
            key: Some("env".to_owned()),
            values: Some(values.iter().map(|value| (*value).to_owned()).collect()),
        };
        let mut violations = Violations::default();
        let filters = TagFilters::checked(&mut violations, Some(vec![filter]));
        violations.end().unwrap();
        filters.match_all(&Tags::from([("env".to_owned(), tag.to_owned())]))
    }

    #[test]
    fn a_value_is_exact_or_open_at_an_end_or_negated() {
        for (values, tag, expected) in [
            (&["prod"][..], "prod", true),
            (&["prod"], "Prod", false),
            (&["prod"], "production", false),
            (&["prod*"], "Production", true),
            (&["*tion"], "producTION", true),
            (&["*duc*"], "production", true),
            (&["*x*"], "production", false),
            (&["*"], "", true),
            (&["!prod"], "prod", false),
            (&["!prod"], "Prod", true),
            (&["!prod*"], "PRODUCTION", false),
            (&["!prod*"], "test", true),
            (&["test", "prod"], "prod", true),
            (&[], "whatever", true),
            (&[""], "", true),
            (&[""], "x", false),
        ] {
            assert_eq!(matches(values, tag), expected, "{values:?} of {tag}");
        }
    }

    #[test]
    fn a_group_without_the_tag_matches_no_value_of_it() {
        let filter = |key: &str, values: &[&str]| Given {
            key: Some(key.to_owned()),
            values: Some(values.iter().map(|value| (*value).to_owned()).collect()),
        };
        let given = vec![filter("env", &[]), filter("team", &["!red"])];
        let filters = TagFilters::checked(&mut Violations::default(), Some(given));
        let tags = |tags: &[(&str, &str)]| {
            let own = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
            filters.match_all(&tags.iter().map(own).collect())
        };

        assert!(tags(&[("env", ""), ("team", "blue")]));
        assert!(!tags(&[("env", ""), ("team", "red")]));
        assert!(!tags(&[("env", "")]));
        assert!(!tags(&[("team", "blue")]));
    }
}
