//! `ModifySubnetAttribute`.

use serde::{Deserialize, Serialize};

use super::shapes::{AttributeParameter, Unsupported};

/// Request of `ModifySubnetAttribute`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct ModifySubnetAttributeRequest {
    /// `subnet-…`.
    pub subnet_id: String,
    /// Whether instances would get a public address.
    pub map_public_ip_on_launch: Option<AttributeParameter<bool>>,
    /// Whether interfaces get an IPv6 address that name none.
    pub assign_ipv6_address_on_creation: Option<AttributeParameter<bool>>,
    /// Only `false` is supported.
    pub map_customer_owned_ip_on_launch: Option<AttributeParameter<bool>>,
    /// Only `false` is supported.
    pub enable_dns64: Option<AttributeParameter<bool>>,
    /// Only `ip-name` is supported.
    pub private_dns_hostname_type_on_launch: Option<String>,
    /// Only `false` is supported.
    pub enable_resource_name_dns_a_record_on_launch: Option<AttributeParameter<bool>>,
    /// Only `false` is supported.
    #[serde(rename = "EnableResourceNameDnsAAAARecordOnLaunch")]
    pub enable_resource_name_dns_aaaa_record_on_launch: Option<AttributeParameter<bool>>,
    /// Not supported.
    pub customer_owned_ipv4_pool: Option<Unsupported>,
    /// Not supported.
    pub enable_lni_at_device_index: Option<Unsupported>,
    /// Not supported.
    pub disable_lni_at_device_index: Option<Unsupported>,
}
