//! `DeleteInternetGateway`.

use serde::{Deserialize, Serialize};

/// Request of `DeleteInternetGateway`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct DeleteInternetGatewayRequest {
    /// `igw-…`.
    pub internet_gateway_id: String,
    /// Only look whether it would succeed.
    #[serde(default)]
    pub dry_run: bool,
}
