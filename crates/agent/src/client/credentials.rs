//! Credentials, and the file that they are in.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use flowlogd_aws::sigv4::SigningKey;

/// A key, with a session token where it is temporary.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    access_key_id: String,
    secret_access_key: String,
    session_token: Option<String>,
}

/// Why there are no credentials.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// No file.
    #[error("cannot read the credentials {path}: {source}")]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// How.
        source: std::io::Error,
    },
    /// No such profile.
    #[error("{path} has no profile '{profile}'; it has: {present}")]
    NoProfile {
        /// Which.
        path: PathBuf,
        /// As asked for.
        profile: String,
        /// What there is.
        present: String,
    },
    /// A profile that is not whole.
    #[error("profile '{profile}' of {path} has no {key}")]
    NoKey {
        /// Which.
        path: PathBuf,
        /// Of which profile.
        profile: String,
        /// `aws_access_key_id`, `aws_secret_access_key`.
        key: &'static str,
    },
}

impl Credentials {
    /// A key.
    pub const fn new(
        access_key_id: String,
        secret_access_key: String,
        session_token: Option<String>,
    ) -> Self {
        Self { access_key_id, secret_access_key, session_token }
    }

    /// Reads a profile of a file in AWS's shared-credentials format.
    pub fn from_file(path: &Path, profile: &str) -> Result<Self, CredentialsError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| CredentialsError::Unreadable { path: path.to_owned(), source })?;
        let profiles = profiles(&text);
        let Some(keys) = profiles.get(profile) else {
            let present: Vec<&str> = profiles.keys().map(String::as_str).collect();
            return Err(CredentialsError::NoProfile {
                path: path.to_owned(),
                profile: profile.to_owned(),
                present: present.join(", "),
            });
        };
        let key = |key: &'static str| {
            keys.get(key).cloned().ok_or_else(|| CredentialsError::NoKey {
                path: path.to_owned(),
                profile: profile.to_owned(),
                key,
            })
        };
        Ok(Self {
            access_key_id: key("aws_access_key_id")?,
            secret_access_key: key("aws_secret_access_key")?,
            session_token: keys.get("aws_session_token").cloned(),
        })
    }

    pub(super) fn key(&self) -> SigningKey<'_> {
        SigningKey {
            access_key_id: Cow::Borrowed(&self.access_key_id),
            secret_access_key: Cow::Borrowed(&self.secret_access_key),
            session_token: self.session_token.as_deref().map(Cow::Borrowed),
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("access_key_id", &self.access_key_id)
            .finish_non_exhaustive()
    }
}

fn profiles(text: &str) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut profiles: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    let mut current = None;
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            let name = name.trim().to_owned();
            profiles.entry(name.clone()).or_default();
            current = Some(name);
        } else if let (Some(profile), Some((key, value))) = (&current, line.split_once('='))
            && !line.starts_with(['#', ';'])
        {
            let keys = profiles.entry(profile.clone()).or_default();
            keys.insert(key.trim().to_owned(), value.trim().to_owned());
        }
    }
    profiles
}
