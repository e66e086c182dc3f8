//! `AttachInternetGateway`.

use serde::{Deserialize, Serialize};

/// Request of `AttachInternetGateway`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct AttachInternetGatewayRequest {
    /// `igw-…`.
    pub internet_gateway_id: String,
    /// `vpc-…`.
    pub vpc_id: String,
    /// Only look whether it would succeed.
    #[serde(default)]
    pub dry_run: bool,
}
