//! `CreateInternetGateway`.

use serde::{Deserialize, Serialize};

use super::shapes::{InternetGateway, TagSpecification};

/// Request of `CreateInternetGateway`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct CreateInternetGatewayRequest {
    /// Tags of what is made.
    #[serde(rename = "TagSpecification", default)]
    pub tag_specifications: Vec<TagSpecification>,
    /// Only look whether it would succeed.
    #[serde(default)]
    pub dry_run: bool,
}

/// Answer of `CreateInternetGateway`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateInternetGatewayResponse {
    /// The new gateway.
    pub internet_gateway: InternetGateway,
}
