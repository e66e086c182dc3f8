//! `Filter.N` (`vpc-filtering.md` §10.3).

use flowlogd_aws::Fault;
use flowlogd_aws::ec2::shapes::Filter;

use crate::model::Tags;

/// Values that one filter may have.
const MAX_VALUES: usize = 200;

/// Refuses filters that the operation does not have; `tag:…` and `tag-key` are allowed everywhere.
pub(super) fn check(filters: &[Filter], known: &[&str]) -> Result<(), Fault> {
    for filter in filters {
        let name = filter.name.as_str();
        if !known.contains(&name) && name != "tag-key" && !name.starts_with("tag:") {
            return Err(Fault::new(
                "InvalidParameterValue",
                format!("The filter '{name}' is invalid"),
            ));
        }
        if filter.values.len() > MAX_VALUES {
            return Err(Fault::new(
                "FilterLimitExceeded",
                format!("The filter '{name}' has more than {MAX_VALUES} values"),
            ));
        }
    }
    Ok(())
}

/// Whether a resource passes all filters. `values` returns what it has under the name of a filter.
pub(super) fn matches(
    filters: &[Filter],
    tags: &Tags,
    values: impl Fn(&str) -> Vec<String>,
) -> bool {
    filters.iter().all(|filter| {
        let found = if filter.name == "tag-key" {
            tags.keys().cloned().collect()
        } else if let Some(key) = filter.name.strip_prefix("tag:") {
            tags.get(key).cloned().into_iter().collect()
        } else {
            values(&filter.name)
        };
        filter.values.iter().any(|wanted| found.iter().any(|value| glob(wanted, value)))
    })
}

/// `*` is any run of characters, `?` one, and `\` takes the next one as it is. Case counts.
pub(super) fn glob(pattern: &str, text: &str) -> bool {
    #[derive(Clone, Copy, PartialEq)]
    enum Token {
        Any,
        One,
        Literal(char),
    }
    let mut tokens = Vec::new();
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        tokens.push(match character {
            '*' => Token::Any,
            '?' => Token::One,
            '\\' => Token::Literal(characters.next().unwrap_or('\\')),
            other => Token::Literal(other),
        });
    }
    let text: Vec<char> = text.chars().collect();
    // Where to go on when what follows the last `*` does not fit: its place, and the text it has taken.
    let (mut token, mut at, mut retry) = (0, 0, None);
    while let Some(character) = text.get(at) {
        match tokens.get(token) {
            Some(Token::Any) => {
                retry = Some((token, at));
                token += 1;
                continue;
            }
            Some(Token::One) => {
                token += 1;
                at += 1;
                continue;
            }
            Some(Token::Literal(literal)) if literal == character => {
                token += 1;
                at += 1;
                continue;
            }
            Some(Token::Literal(_)) | None => {}
        }
        let Some((star, taken)) = retry else { return false };
        retry = Some((star, taken + 1));
        token = star + 1;
        at = taken + 1;
    }
    tokens.get(token..).unwrap_or_default().iter().all(|token| *token == Token::Any)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_match_runs_and_single_characters() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("a*c", "abbbc", true),
            ("a*c", "abbb", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*a*b*", "xaxxbx", true),
            (r"a\*c", "a*c", true),
            (r"a\*c", "abc", false),
            ("ABC", "abc", false),
        ] {
            assert_eq!(glob(pattern, text), expected, "{pattern} {text}");
        }
    }
}
