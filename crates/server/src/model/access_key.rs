//! Long-term access keys.

use serde::{Deserialize, Serialize};

use super::document;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AccessKey {
    /// `AKIA…`.
    pub(crate) id: String,
    pub(crate) secret: String,
    pub(crate) owner: KeyOwner,
    pub(crate) active: bool,
    /// Unix seconds.
    pub(crate) created: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum KeyOwner {
    /// The account.
    Root,
    /// A user, by the id of its document.
    User(String),
    /// An agent, by its host name.
    Agent(String),
}

document!(AccessKey, "access-key");
