//! Values with `*`.

use memchr::memmem;

/// Text in which every `*` stands for any run of characters.
#[derive(Clone, Debug)]
pub(super) struct Glob {
    /// Before the first `*`.
    prefix: String,
    /// Between two of them, none empty.
    middle: Vec<String>,
    /// After the last one.
    suffix: String,
}

impl Glob {
    /// Returns `None` for text without a `*`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (prefix, rest) = text.split_once('*')?;
        let (middle, suffix) = rest.rsplit_once('*').unwrap_or(("", rest));
        let middle = middle.split('*').filter(|part| !part.is_empty()).map(str::to_owned).collect();
        Some(Self { prefix: prefix.to_owned(), middle, suffix: suffix.to_owned() })
    }

    /// Takes each part at its first place: a later one could only leave less for the parts after it.
    pub(super) fn matches(&self, text: &str) -> bool {
        let Some(rest) = text.strip_prefix(self.prefix.as_str()) else { return false };
        let Some(rest) = rest.strip_suffix(self.suffix.as_str()) else { return false };
        let mut rest = rest.as_bytes();
        for part in &self.middle {
            let Some(at) = memmem::find(rest, part.as_bytes()) else { return false };
            rest = rest.get(at + part.len()..).unwrap_or_default();
        }
        true
    }
}
