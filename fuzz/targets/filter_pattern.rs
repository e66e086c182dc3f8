//! A filter pattern, and a line that it is held against.

use flowlogd_logstore::pattern::{MAX_LENGTH, Pattern};

use super::assert_one_line;

/// The first line is the pattern, the rest the message.
pub(super) fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (written, message) = text.split_once('\n').unwrap_or((text, ""));
    let pattern = match Pattern::parse(written) {
        Ok(pattern) => pattern,
        Err(error) => return assert_one_line(&error.to_string()),
    };
    assert!(written.chars().count() <= MAX_LENGTH, "longer than a pattern may be");
    assert_eq!(pattern.to_string(), written);

    let repeated = message.repeat(20);
    for message in [message, "", written, &repeated] {
        let matches = pattern.matches(message);
        match pattern.extract(message) {
            None => assert!(!matches, "matched, and extracted nothing"),
            Some(fields) => {
                assert!(matches, "extracted from what does not match");
                for (name, value) in fields {
                    assert!(name.starts_with('$'), "{name}");
                    // Members of JSON are written with escapes.
                    let is_member = name.starts_with("$.") || name.starts_with("$[");
                    assert!(
                        is_member || message.contains(&value),
                        "{value:?} is not in the message"
                    );
                }
            }
        }
        for place in ["$a", "$1", "$.a", "$.a[0].b", written] {
            if let Some(place) = pattern.reference(place) {
                let values = pattern.values(message, &[&place, &place]);
                assert_eq!(values.is_some(), matches, "matched, and had no values, or not");
                let is_pair = |values: Vec<_>| matches!(&values[..], [one, two] if one == two);
                assert!(values.is_none_or(is_pair), "two values of one place");
            }
        }
    }
}
