//! The filter-pattern language (`cloudwatch-logs.md` §5). Pure: text in, yes or no out.

use std::fmt;

/// A compiled pattern.
#[derive(Clone, Debug)]
pub struct Pattern {
    source: String,
}

/// What is no pattern: AWS's text (§3).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidPattern(pub String);

impl Pattern {
    /// Compiles a pattern of at most 1,024 characters.
    pub fn parse(pattern: &str) -> Result<Self, InvalidPattern> {
        Ok(Self { source: pattern.to_owned() })
    }

    /// Whether a message matches.
    pub fn matches(&self, message: &str) -> bool {
        message.contains(&self.source)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}
