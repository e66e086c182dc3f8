//! What can be wrong with a format.

use crate::Field;

/// A text that is not a format: AWS's sentence, with the reason beside it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("1 validation error detected: Value '{format}' at 'logFormat' has an invalid format")]
pub struct InvalidLogFormat {
    /// The text.
    pub format: String,
    /// The reason, which AWS does not tell.
    #[source]
    pub fault: FormatFault,
}

/// Why a text is not a format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormatFault {
    /// There is nothing in it.
    #[error("it names no field")]
    Empty,
    /// It begins with a space.
    #[error("it begins with a space")]
    LeadingSpace,
    /// It ends with a space.
    #[error("it ends with a space")]
    TrailingSpace,
    /// Fields are separated by one space, not by more.
    #[error("there are two spaces in a row")]
    DoubleSpace,
    /// A token does not begin with `${`.
    #[error("`{0}` is not of the form `${{field}}`")]
    NotAField(String),
    /// A token does not end with `}`.
    #[error("`{0}` has no closing `}}`")]
    Unterminated(String),
    /// A token names a field that does not exist.
    #[error("there is no field `{name}`{}", did_you_mean(*.nearest))]
    UnknownField {
        /// The name.
        name: String,
        /// A field whose name is much like it.
        nearest: Option<Field>,
    },
    /// A field is there a second time, which could not be a column of a table.
    #[error("`{0}` is listed twice")]
    Duplicate(Field),
}

impl FormatFault {
    pub(super) fn unknown_field(name: &str) -> Self {
        Self::UnknownField { name: name.to_owned(), nearest: nearest(name) }
    }
}

fn did_you_mean(nearest: Option<Field>) -> String {
    nearest.map_or_else(String::new, |field| format!("; did you mean `{field}`?"))
}

/// Returns the field with the most similar name, if a slip of the keyboard explains the difference.
fn nearest(name: &str) -> Option<Field> {
    // The longest name has 26 characters; comparing an endless one would only cost time.
    if name.len() > 40 {
        return None;
    }
    let name = name.trim().to_ascii_lowercase().replace('_', "-");
    let (distance, field) = Field::ALL
        .iter()
        .map(|field| (distance(name.as_bytes(), field.name().as_bytes()), *field))
        .min()?;
    // A third of the letters wrong is another word.
    (distance * 3 < name.len().max(1)).then_some(field)
}

/// Returns how many letters must be put in, taken out or changed to make `a` of `b` (Levenshtein).
fn distance(a: &[u8], b: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut left = i + 1;
        let mut diagonal = i;
        for (place, y) in row.iter_mut().skip(1).zip(b) {
            let changed = diagonal + usize::from(x != y);
            diagonal = *place;
            left = changed.min(diagonal + 1).min(left + 1);
            *place = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distance_counts_single_slips() {
        for (a, b, expected) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "", 3),
            ("srcaddr", "srcadr", 1),
            ("srcport", "dstport", 3),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(distance(a.as_bytes(), b.as_bytes()), expected, "{a} {b}");
        }
    }
}
