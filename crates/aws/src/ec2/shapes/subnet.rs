//! Subnets as answers print them (`vpc-filtering.md` §13.1).

use serde::{Deserialize, Serialize};

use super::{CidrBlockState, Tag};

/// A subnet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "the members are AWS's")]
pub struct Subnet {
    /// `subnet-…`.
    pub subnet_id: String,
    /// `arn:aws:ec2:R:A:subnet/subnet-…`.
    pub subnet_arn: String,
    /// `vpc-…`.
    pub vpc_id: String,
    /// `available`.
    pub state: String,
    /// Its block.
    pub cidr_block: String,
    /// Addresses that an interface could still have.
    pub available_ip_address_count: i64,
    /// `us-east-1a`.
    pub availability_zone: String,
    /// `use1-az1`.
    pub availability_zone_id: String,
    /// Whether it came with the region.
    pub default_for_az: bool,
    /// As set; instances are not started here.
    pub map_public_ip_on_launch: bool,
    /// `false`.
    pub map_customer_owned_ip_on_launch: bool,
    /// Whether interfaces get an IPv6 address that name none.
    pub assign_ipv6_address_on_creation: bool,
    /// Its IPv6 block, if it has one.
    #[serde(default)]
    pub ipv6_cidr_block_association_set: Vec<SubnetIpv6CidrBlockAssociation>,
    /// `false`.
    pub enable_dns64: bool,
    /// `false`.
    pub ipv6_native: bool,
    /// How instances would be named.
    pub private_dns_name_options_on_launch: PrivateDnsNameOptions,
    /// The account.
    pub owner_id: String,
    /// Its tags.
    #[serde(default)]
    pub tag_set: Vec<Tag>,
}

/// The IPv6 block of a subnet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SubnetIpv6CidrBlockAssociation {
    /// `subnet-cidr-assoc-…`.
    pub association_id: String,
    /// The block.
    pub ipv6_cidr_block: String,
    /// `associating` in the answer that made it, then `associated`.
    pub ipv6_cidr_block_state: CidrBlockState,
    /// `public` or `private`.
    pub ipv6_address_attribute: String,
    /// `amazon` or `byoip`.
    pub ip_source: String,
}

/// How instances of a subnet are named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PrivateDnsNameOptions {
    /// `ip-name`.
    pub hostname_type: String,
    /// `false`.
    pub enable_resource_name_dns_a_record: bool,
    /// `false`.
    #[serde(rename = "enableResourceNameDnsAAAARecord")]
    pub enable_resource_name_dns_aaaa_record: bool,
}
