//! `DeleteNetworkInterface`.

use serde::{Deserialize, Serialize};

/// Request of `DeleteNetworkInterface`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct DeleteNetworkInterfaceRequest {
    /// `eni-…`.
    pub network_interface_id: String,
    /// Only look whether it would succeed.
    #[serde(default)]
    pub dry_run: bool,
}
