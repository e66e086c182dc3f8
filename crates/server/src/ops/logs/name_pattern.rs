//! Parts of names: `^/aws/lambda|discovery` (`cloudwatch-logs.md` §4.1).

use super::violations::{GROUP_NAME, Violations};

const MEMBER: &str = "logGroupNamePattern";
const REGEX: &str = r"(\^?[\.\-_\/#A-Za-z0-9]{3,24})(\|\^?[\.\-_\/#A-Za-z0-9]{3,24}){0,4}";
/// Characters of all parts together.
const MAX_LENGTH: usize = 129;
const MAX_PARTS: usize = 5;

/// What names are searched for; without any part, they all match.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct NamePattern(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    /// `^/aws/`: how a name begins.
    Prefix(String),
    /// Anywhere in it, in this case.
    Infix(String),
}

impl NamePattern {
    pub(super) fn checked(violations: &mut Violations, pattern: Option<String>) -> Self {
        let Some(pattern) = pattern else { return Self::default() };
        violations.length(&pattern, MEMBER, pattern.chars().count(), 3..=MAX_LENGTH);
        let parts: Option<Vec<Part>> = pattern.split('|').map(part).collect();
        let Some(parts) = parts.filter(|parts| parts.len() <= MAX_PARTS) else {
            let constraint = format!("Member must satisfy regular expression pattern: {REGEX}");
            violations.add(&pattern, MEMBER, &constraint);
            return Self::default();
        };
        Self(parts)
    }

    pub(super) fn matches(&self, name: &str) -> bool {
        let Self(parts) = self;
        parts.is_empty()
            || parts.iter().any(|part| match part {
                Part::Prefix(prefix) => name.starts_with(prefix),
                Part::Infix(infix) => name.contains(infix),
            })
    }
}

fn part(text: &str) -> Option<Part> {
    let bare = text.strip_prefix('^').unwrap_or(text);
    let is_part = (3..=24).contains(&bare.chars().count()) && bare.chars().all(GROUP_NAME.has);
    let part = if bare == text { Part::Infix } else { Part::Prefix };
    is_part.then(|| part(bare.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> Result<NamePattern, String> {
        let mut violations = Violations::default();
        let pattern = NamePattern::checked(&mut violations, Some(text.to_owned()));
        violations.end().map(|()| pattern).map_err(|fault| fault.message)
    }

    #[test]
    fn a_name_matches_any_part_and_a_prefix_only_at_its_beginning() {
        let parts = pattern("^/aws/lambda|flow").unwrap();

        for (name, expected) in [
            ("/aws/lambda/f", true),
            ("/my/aws/lambda", false),
            ("/vpc/flow-logs", true),
            ("flow", true),
            ("Flow", false),
            ("", false),
        ] {
            assert_eq!(parts.matches(name), expected, "{name}");
        }
        assert!(NamePattern::default().matches("whatever"));
    }

    #[test]
    fn what_is_no_pattern_is_refused_in_aws_words() {
        for text in ["ab", "^ab", "abc|de", "a b c", "abc|", "abc*", "^^abc", &"a".repeat(25)] {
            let told = pattern(text).unwrap_err();
            assert!(told.contains("Member must satisfy regular expression pattern"), "{told}");
        }
        assert!(pattern("aaa|bbb|ccc|ddd|eee|fff").is_err());
        assert!(pattern("aaa|bbb|ccc|ddd|^eee").is_ok());
        assert!(pattern(&"a".repeat(24)).is_ok());
    }
}
