//! `CreateNetworkInterface`.

use serde::{Deserialize, Serialize};

use super::shapes::{ConnectionTrackingParameter, NetworkInterface, TagSpecification, Unsupported};

/// Request of `CreateNetworkInterface`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct CreateNetworkInterfaceRequest {
    /// `subnet-…`.
    pub subnet_id: String,
    /// For people.
    pub description: Option<String>,
    /// `sg-…` of the subnet's VPC; none: its default group.
    #[serde(rename = "SecurityGroupId", default)]
    pub groups: Vec<String>,
    /// The primary address; absent: the lowest free one.
    pub private_ip_address: Option<String>,
    /// Addresses, one of which may be the primary one.
    #[serde(default)]
    pub private_ip_addresses: Vec<PrivateIpAddressParameter>,
    /// How many secondary addresses to choose.
    pub secondary_private_ip_address_count: Option<i64>,
    /// Timeouts of tracked connections.
    pub connection_tracking_specification: Option<ConnectionTrackingParameter>,
    /// Up to 64 characters: the same token makes the interface once.
    pub client_token: Option<String>,
    /// Only `false` is supported.
    pub enable_primary_ipv6: Option<bool>,
    /// IPv6 addresses to have.
    #[serde(default)]
    pub ipv6_addresses: Vec<Ipv6AddressParameter>,
    /// How many IPv6 addresses to choose; 0: none, whatever the subnet says.
    pub ipv6_address_count: Option<i64>,
    /// Only 0 is supported.
    pub ipv4_prefix_count: Option<i64>,
    /// Only 0 is supported.
    pub ipv6_prefix_count: Option<i64>,
    /// Tags of type `network-interface`.
    #[serde(rename = "TagSpecification", default)]
    pub tag_specifications: Vec<TagSpecification>,
    /// Only look whether it would succeed.
    #[serde(default)]
    pub dry_run: bool,
    /// Not supported.
    pub ipv4_prefix: Option<Unsupported>,
    /// Not supported.
    pub ipv6_prefix: Option<Unsupported>,
    /// Not supported.
    pub interface_type: Option<Unsupported>,
    /// Not supported.
    pub operator: Option<Unsupported>,
}

/// Answer of `CreateNetworkInterface`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateNetworkInterfaceResponse {
    /// The new interface.
    pub network_interface: NetworkInterface,
    /// As given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_token: Option<String>,
}

/// `PrivateIpAddresses.N`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct PrivateIpAddressParameter {
    /// The address.
    pub private_ip_address: String,
    /// Whether it is to be the primary one.
    pub primary: Option<bool>,
}

/// `Ipv6Addresses.N`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Ipv6AddressParameter {
    /// The address.
    pub ipv6_address: String,
    /// Only `false` is supported.
    pub is_primary_ipv6: Option<bool>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::query::Parameters;

    /// The example of `vpc-filtering.md` §7.
    #[test]
    fn addresses_and_groups_are_read_by_their_names_on_the_wire() {
        let form = "Action=CreateNetworkInterface&Version=2016-11-15\
                    &SubnetId=subnet-00a24d0d67acf6333&Description=my+eni\
                    &SecurityGroupId.1=sg-09dfba7ed20cda78b\
                    &PrivateIpAddresses.1.Primary=true\
                    &PrivateIpAddresses.1.PrivateIpAddress=10.0.8.17\
                    &PrivateIpAddresses.2.Primary=false\
                    &PrivateIpAddresses.2.PrivateIpAddress=10.0.8.18";

        let request: CreateNetworkInterfaceRequest =
            Parameters::parse(form).unwrap().read().unwrap();

        assert_eq!(request.subnet_id, "subnet-00a24d0d67acf6333");
        assert_eq!(request.description.as_deref(), Some("my eni"));
        assert_eq!(request.groups, ["sg-09dfba7ed20cda78b"]);
        let address = |address: &str, primary| PrivateIpAddressParameter {
            private_ip_address: address.to_owned(),
            primary: Some(primary),
        };
        let expected = [address("10.0.8.17", true), address("10.0.8.18", false)];
        assert_eq!(request.private_ip_addresses, expected);
        assert!(request.operator.is_none() && !request.dry_run);
    }
}
