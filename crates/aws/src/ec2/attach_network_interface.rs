//! `AttachNetworkInterface`.

use serde::{Deserialize, Serialize};

use super::shapes::Unsupported;

/// Request of `AttachNetworkInterface`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct AttachNetworkInterfaceRequest {
    /// `eni-…`.
    pub network_interface_id: String,
    /// `i-…`; any, for instances are not known here.
    pub instance_id: String,
    /// 0 is the primary interface of the instance.
    pub device_index: i64,
    /// Only 0 is supported.
    pub network_card_index: Option<i64>,
    /// Only look whether it would succeed.
    #[serde(default)]
    pub dry_run: bool,
    /// Not supported.
    pub ena_srd_specification: Option<Unsupported>,
    /// Not supported.
    pub ena_queue_count: Option<Unsupported>,
}

/// Answer of `AttachNetworkInterface`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AttachNetworkInterfaceResponse {
    /// `eni-attach-…`.
    pub attachment_id: String,
    /// 0.
    pub network_card_index: i64,
}
