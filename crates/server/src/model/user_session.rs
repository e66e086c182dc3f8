//! Sessions of users and of the account: temporary credentials.

use serde::{Deserialize, Serialize};

use super::{InlinePolicy, Tags, document};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct UserSession {
    /// `ASIA…`.
    pub(crate) id: String,
    pub(crate) secret: String,
    pub(crate) token: String,
    pub(crate) owner: SessionOwner,
    /// Unix seconds.
    pub(crate) issued: i64,
    /// Unix seconds.
    pub(crate) expires: i64,
    /// Of a federated session; the others are their owner.
    pub(crate) federated: Option<Federated>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum SessionOwner {
    /// The account.
    Root,
    /// A user.
    User {
        /// Of its document.
        id: String,
        /// `AIDA…`: a user made anew does not revive old sessions.
        unique_id: String,
    },
}

/// What makes a federated session another one than its owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Federated {
    pub(crate) name: String,
    /// Session policies. Where there are none, the session may do nothing.
    pub(crate) policies: Vec<InlinePolicy>,
    /// ARNs of managed session policies.
    pub(crate) managed: Vec<String>,
    pub(crate) tags: Tags,
}

document!(UserSession, "user-session");
