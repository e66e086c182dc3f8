//! `DescribeSubnets`.

use flowlogd_aws::Fault;
use flowlogd_aws::ec2::shapes::{Subnet, SubnetIpv6CidrBlockAssociation};
use flowlogd_aws::ec2::{DescribeSubnetsRequest, DescribeSubnetsResponse};

use super::super::filter_table::{FilterTable, none};
use super::super::identifier::SUBNET;
use super::super::page::page;
use super::{Addresses, printed};
use crate::call::Call;
use crate::model::{self, Interface};

/// `vpc-filtering.md` §14.
pub(super) const FILTERS: FilterTable<Subnet> = FilterTable(&[
    ("availability-zone", |subnet| vec![subnet.availability_zone.clone()]),
    ("availabilityZone", |subnet| vec![subnet.availability_zone.clone()]),
    ("availability-zone-id", |subnet| vec![subnet.availability_zone_id.clone()]),
    ("availabilityZoneId", |subnet| vec![subnet.availability_zone_id.clone()]),
    ("available-ip-address-count", |subnet| vec![subnet.available_ip_address_count.to_string()]),
    ("cidr-block", |subnet| vec![subnet.cidr_block.clone()]),
    ("cidr", |subnet| vec![subnet.cidr_block.clone()]),
    ("cidrBlock", |subnet| vec![subnet.cidr_block.clone()]),
    ("customer-owned-ipv4-pool", none),
    ("default-for-az", |subnet| vec![subnet.default_for_az.to_string()]),
    ("defaultForAz", |subnet| vec![subnet.default_for_az.to_string()]),
    ("enable-dns64", |subnet| vec![subnet.enable_dns64.to_string()]),
    ("enable-lni-at-device-index", none),
    ("ipv6-cidr-block-association.ipv6-cidr-block", |subnet| {
        ipv6_associations(subnet, |it| &it.ipv6_cidr_block)
    }),
    ("ipv6-cidr-block-association.association-id", |subnet| {
        ipv6_associations(subnet, |it| &it.association_id)
    }),
    ("ipv6-cidr-block-association.state", |subnet| {
        ipv6_associations(subnet, |it| &it.ipv6_cidr_block_state.state)
    }),
    ("ipv6-native", |subnet| vec![subnet.ipv6_native.to_string()]),
    ("map-customer-owned-ip-on-launch", |subnet| {
        vec![subnet.map_customer_owned_ip_on_launch.to_string()]
    }),
    ("map-public-ip-on-launch", |subnet| vec![subnet.map_public_ip_on_launch.to_string()]),
    ("outpost-arn", none),
    ("owner-id", |subnet| vec![subnet.owner_id.clone()]),
    ("private-dns-name-options-on-launch.hostname-type", |subnet| {
        vec![subnet.private_dns_name_options_on_launch.hostname_type.clone()]
    }),
    ("private-dns-name-options-on-launch.enable-resource-name-dns-a-record", |subnet| {
        let options = &subnet.private_dns_name_options_on_launch;
        vec![options.enable_resource_name_dns_a_record.to_string()]
    }),
    ("private-dns-name-options-on-launch.enable-resource-name-dns-aaaa-record", |subnet| {
        let options = &subnet.private_dns_name_options_on_launch;
        vec![options.enable_resource_name_dns_aaaa_record.to_string()]
    }),
    ("state", |subnet| vec![subnet.state.clone()]),
    ("subnet-arn", |subnet| vec![subnet.subnet_arn.clone()]),
    ("subnet-id", |subnet| vec![subnet.subnet_id.clone()]),
    ("vpc-id", |subnet| vec![subnet.vpc_id.clone()]),
]);

/// Lists subnets.
pub(in crate::ops::ec2) fn describe(
    call: &Call<'_>,
    request: DescribeSubnetsRequest,
) -> Result<DescribeSubnetsResponse, Fault> {
    let DescribeSubnetsRequest { subnet_ids, filters, max_results, next_token, dry_run } = request;
    call.authorize("ec2:DescribeSubnets", "*")?;
    FILTERS.check(&filters)?;
    call.dry_run(dry_run)?;

    let subnets = SUBNET.select(call.list::<model::Subnet>()?, &subnet_ids, |subnet| &subnet.id)?;
    let mut found = Vec::new();
    for subnet in &subnets {
        let interfaces: Vec<Interface> = call.list_by("subnet_id", &subnet.id)?;
        let available = Addresses::of(subnet)?.available(&interfaces);
        let printed = printed(call, subnet, available, "associated");
        if FILTERS.matches(&filters, &subnet.tags, &printed) {
            found.push(printed);
        }
    }
    let (subnet_set, next_token) =
        page(found, |subnet| &subnet.subnet_id, max_results, next_token.as_deref())?;
    Ok(DescribeSubnetsResponse { subnet_set, next_token })
}

fn ipv6_associations(
    subnet: &Subnet,
    member: fn(&SubnetIpv6CidrBlockAssociation) -> &String,
) -> Vec<String> {
    subnet.ipv6_cidr_block_association_set.iter().map(|it| member(it).clone()).collect()
}
