//! Network interfaces.

use serde::{Deserialize, Serialize};

use super::{Tags, document};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Interface {
    /// `eni-…`.
    pub(crate) id: String,
    pub(crate) subnet_id: String,
    pub(crate) vpc_id: String,
    pub(crate) description: String,
    /// The first is the primary one.
    pub(crate) private_addresses: Vec<PrivateAddress>,
    pub(crate) ipv6_addresses: Vec<String>,
    /// `sg-…`.
    pub(crate) groups: Vec<String>,
    /// `06:6a:0f:9a:49:37`.
    pub(crate) mac_address: String,
    pub(crate) source_dest_check: bool,
    pub(crate) attachment: Option<InterfaceAttachment>,
    /// Connection tracking, in seconds; absent: AWS's defaults.
    pub(crate) tcp_established_timeout: Option<u32>,
    pub(crate) udp_stream_timeout: Option<u32>,
    pub(crate) udp_timeout: Option<u32>,
    pub(crate) tags: Tags,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PrivateAddress {
    pub(crate) address: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct InterfaceAttachment {
    /// `eni-attach-…`.
    pub(crate) id: String,
    /// `i-…`.
    pub(crate) instance_id: String,
    pub(crate) device_index: u32,
    /// Unix milliseconds.
    pub(crate) attached: i64,
}

document!(Interface, "network-interface", history = true);
