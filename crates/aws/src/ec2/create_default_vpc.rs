//! `CreateDefaultVpc`.

use serde::{Deserialize, Serialize};

use super::shapes::Vpc;

/// Request of `CreateDefaultVpc`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct CreateDefaultVpcRequest {
    /// Only look whether it would succeed.
    #[serde(default)]
    pub dry_run: bool,
}

/// Answer of `CreateDefaultVpc`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateDefaultVpcResponse {
    /// The new default VPC.
    pub vpc: Vpc,
}
