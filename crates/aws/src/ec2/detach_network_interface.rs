//! `DetachNetworkInterface`.

use serde::{Deserialize, Serialize};

/// Request of `DetachNetworkInterface`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct DetachNetworkInterfaceRequest {
    /// `eni-attach-…`.
    pub attachment_id: String,
    /// Also detaches the primary interface: there is no instance to be terminated instead.
    #[serde(default)]
    pub force: bool,
    /// Only look whether it would succeed.
    #[serde(default)]
    pub dry_run: bool,
}
