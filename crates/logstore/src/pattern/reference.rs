//! Where a metric takes a value from: `$.latency` of a member, `$bytes` of a column
//! (`cloudwatch-logs.md` §6).

use super::cursor::Cursor;
use super::selector::Selector;
use super::{Dialect, Pattern};

/// A place in the events that a pattern matches. It is of use with that pattern only.
#[derive(Clone, Debug)]
pub struct Reference(Place);

#[derive(Clone, Debug)]
enum Place {
    /// Without a wildcard: it leads to one value or to none.
    Member(Selector),
    /// The name of a column, or its number, without the `$`.
    Column(String),
}

impl Pattern {
    /// Reads a reference. `None` for what is none, and for what no event that matches can have.
    pub fn reference(&self, text: &str) -> Option<Reference> {
        match &self.dialect {
            Dialect::Everything | Dialect::Terms(_) => None,
            Dialect::Delimited(delimited) => {
                let name = text.strip_prefix('$').filter(|name| delimited.has_column(name))?;
                Some(Reference(Place::Column(name.to_owned())))
            }
            Dialect::Json(_) => {
                let mut cursor = Cursor::new(text);
                let selector = Selector::parse(&mut cursor).ok()?;
                let is_one = cursor.is_at_end() && selector.wildcards() == 0;
                is_one.then_some(Reference(Place::Member(selector)))
            }
        }
    }

    /// Returns what a message that matches has in these places, one by one. `None` where it does not match.
    pub fn values(&self, message: &str, places: &[&Reference]) -> Option<Vec<Option<String>>> {
        if places.is_empty() {
            return self.matches(message).then(Vec::new);
        }
        match &self.dialect {
            Dialect::Everything | Dialect::Terms(_) => {
                self.matches(message).then(|| vec![None; places.len()])
            }
            Dialect::Delimited(delimited) => {
                let columns = delimited.columns(message)?;
                let value = |place: &&Reference| match &place.0 {
                    Place::Column(name) => delimited.column(name, &columns).map(str::to_owned),
                    Place::Member(_) => None,
                };
                Some(places.iter().map(value).collect())
            }
            Dialect::Json(json) => {
                if !json.matches(message) {
                    return None;
                }
                // As in `extract`.
                let Ok(event) = serde_json::from_str(message) else {
                    return Some(vec![None; places.len()]);
                };
                let value = |place: &&Reference| match &place.0 {
                    Place::Member(selector) => selector.text_in(&event),
                    Place::Column(_) => None,
                };
                Some(places.iter().map(value).collect())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(pattern: &str, message: &str, places: &[&str]) -> Option<Vec<Option<String>>> {
        let pattern = Pattern::parse(pattern).unwrap();
        let places: Vec<Reference> =
            places.iter().map(|place| pattern.reference(place).expect(place)).collect();
        pattern.values(message, &places.iter().collect::<Vec<_>>())
    }

    fn all(values: &[&str]) -> Vec<Option<String>> {
        values.iter().map(|value| Some((*value).to_owned())).collect()
    }

    #[test]
    fn columns_are_taken_by_name_and_where_they_have_none_by_number() {
        assert_eq!(values("[a, b=2, c]", "1 2 3", &["$c", "$a"]), Some(all(&["3", "1"])));
        assert_eq!(values("[a, b=3, c]", "1 2 3", &["$c"]), None);
        assert_eq!(
            values("[a, ..., z]", "1 2 3", &["$a", "$2", "$z"]),
            Some(all(&["1", "2", "3"]))
        );
        assert_eq!(values("[a, ..., z]", "1 2 3", &["$7"]), Some(vec![None]));
        assert_eq!(values("[]", "1 2 3", &["$3"]), Some(all(&["3"])));
        assert_eq!(values("[a, rest]", "1 2 3", &["$rest"]), Some(all(&["2 3"])));
    }

    #[test]
    fn members_are_taken_by_their_way_whether_the_pattern_asks_for_them_or_not() {
        let message =
            r#"{"a":{"b":[{"c":1.5},true]},"d e":"x","n":null,"o":{},"big":12345678901234567890}"#;
        let pattern = "{ $.a.b[0].c > 1 }";

        assert_eq!(
            values(pattern, message, &["$.a.b[0].c", "$.a.b[1]", "$.['d e']", "$.big"]),
            Some(all(&["1.5", "true", "x", "12345678901234567890"]))
        );
        assert_eq!(values(pattern, message, &["$.n", "$.o", "$.none"]), Some(vec![None; 3]));
        assert_eq!(values(pattern, r#"{"a":1}"#, &["$.a"]), None);
    }

    #[test]
    fn what_no_matching_event_can_have_is_no_reference() {
        for (pattern, places) in [
            ("", &["$a", "$.a", "1", "$1"][..]),
            ("ERROR", &["$a", "$.a"]),
            ("[a, b]", &["a", "$c", "$", "$1", "$3", "$.a", "", "$a "]),
            ("[a, ...]", &["$1", "$0", "$02", "$b"]),
            ("{ $.a = 1 }", &["$a", "$", "$.a[*]", "$.*", "$.a b", "a", ""]),
        ] {
            let pattern = Pattern::parse(pattern).unwrap();
            for place in places {
                assert!(pattern.reference(place).is_none(), "{place} of {pattern}");
            }
        }
    }
}
