//! Enrolled agents and the interfaces they hold.

use serde::{Deserialize, Serialize};

use super::document;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Agent {
    /// The host name.
    pub(crate) id: String,
    /// Unix seconds.
    pub(crate) enrolled: i64,
}

/// The lease of an interface (`semantics.md` 23).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Attachment {
    /// `eni-…`.
    pub(crate) id: String,
    /// Host name of the agent.
    pub(crate) host: String,
    /// When it was first taken without a break, Unix milliseconds.
    pub(crate) since: i64,
    /// When it ends unless it is renewed, Unix milliseconds.
    pub(crate) until: i64,
}

document!(Agent, "agent");
document!(Attachment, "attachment");
