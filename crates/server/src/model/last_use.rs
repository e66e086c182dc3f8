//! Last uses of long-term access keys.

use serde::{Deserialize, Serialize};

use super::document;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LastUse {
    /// Of the key.
    pub(crate) id: String,
    /// Unix seconds.
    pub(crate) at: i64,
    /// `ec2`.
    pub(crate) service: String,
    pub(crate) region: String,
}

document!(LastUse, "last-use");
