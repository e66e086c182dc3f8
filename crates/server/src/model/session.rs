//! Sessions of roles: temporary credentials.

use serde::{Deserialize, Serialize};

use super::{InlinePolicy, Tags, document};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Session {
    /// `ASIA…`.
    pub(crate) id: String,
    pub(crate) secret: String,
    pub(crate) token: String,
    /// The role, by the id of its document …
    pub(crate) role: String,
    /// … and by its unique id: a role made anew does not revive old sessions.
    pub(crate) role_id: String,
    pub(crate) name: String,
    /// Unix seconds.
    pub(crate) issued: i64,
    /// Unix seconds.
    pub(crate) expires: i64,
    /// Session policies; none were passed if absent. Managed ones are kept by their ARN in `managed`.
    pub(crate) policies: Option<Vec<InlinePolicy>>,
    pub(crate) managed: Vec<String>,
    /// Session tags, those that were inherited among them.
    #[serde(default)]
    pub(crate) tags: Tags,
    /// Keys of the tags that sessions made with this one inherit.
    #[serde(default)]
    pub(crate) transitive: Vec<String>,
    /// Who is behind it, for good.
    #[serde(default)]
    pub(crate) source_identity: Option<String>,
    /// Host name of the agent that assumed the role for delivery.
    pub(crate) agent: Option<String>,
}

document!(Session, "session");
