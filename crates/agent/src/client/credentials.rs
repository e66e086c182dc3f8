//! Who signs.

use std::fmt;

/// A key, for ever or for a time.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// `AKIA…` or `ASIA…`.
    pub access_key_id: String,
    /// Never shown.
    pub secret_access_key: String,
    /// Of temporary credentials.
    pub session_token: Option<String>,
    /// Their end, Unix milliseconds; without it there is none that we know of.
    pub expires: Option<i64>,
}

impl Credentials {
    /// A key without an end.
    pub fn key(access_key_id: impl Into<String>, secret_access_key: impl Into<String>) -> Self {
        Self {
            access_key_id: access_key_id.into(),
            secret_access_key: secret_access_key.into(),
            session_token: None,
            expires: None,
        }
    }

    /// Returns whether they last for another `margin` milliseconds from `now`, in Unix milliseconds.
    pub fn last(&self, now: i64, margin: i64) -> bool {
        self.expires.is_none_or(|expires| now.saturating_add(margin) < expires)
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("access_key_id", &self.access_key_id)
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}
