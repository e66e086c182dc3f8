//! `DisassociateRouteTable`.

use serde::{Deserialize, Serialize};

/// Request of `DisassociateRouteTable`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct DisassociateRouteTableRequest {
    /// `rtbassoc-…`.
    pub association_id: String,
    /// Only look whether it would succeed.
    #[serde(default)]
    pub dry_run: bool,
}
