//! `DescribeVpcs`.

use flowlogd_aws::Fault;
use flowlogd_aws::ec2::shapes::{CidrBlockAssociation, Vpc, VpcIpv6CidrBlockAssociation};
use flowlogd_aws::ec2::{DescribeVpcsRequest, DescribeVpcsResponse};

use super::super::filter_table::FilterTable;
use super::super::identifier::VPC;
use super::super::page::page;
use super::{State, printed};
use crate::call::Call;
use crate::model;

/// `vpc-filtering.md` §14.
pub(super) const FILTERS: FilterTable<Vpc> = FilterTable(&[
    ("cidr", |vpc| vec![vpc.cidr_block.clone()]),
    ("cidrBlock", |vpc| vec![vpc.cidr_block.clone()]),
    ("cidr-block-association.cidr-block", |vpc| associations(vpc, |it| &it.cidr_block)),
    ("cidr-block-association.association-id", |vpc| associations(vpc, |it| &it.association_id)),
    ("cidr-block-association.state", |vpc| associations(vpc, |it| &it.cidr_block_state.state)),
    ("dhcp-options-id", |vpc| vec![vpc.dhcp_options_id.clone()]),
    ("dhcpOptionsId", |vpc| vec![vpc.dhcp_options_id.clone()]),
    ("ipv6-cidr-block-association.association-id", |vpc| {
        ipv6_associations(vpc, |it| &it.association_id)
    }),
    ("ipv6-cidr-block-association.ipv6-cidr-block", |vpc| {
        ipv6_associations(vpc, |it| &it.ipv6_cidr_block)
    }),
    ("ipv6-cidr-block-association.ipv6-pool", |vpc| ipv6_associations(vpc, |it| &it.ipv6_pool)),
    ("ipv6-cidr-block-association.state", |vpc| {
        ipv6_associations(vpc, |it| &it.ipv6_cidr_block_state.state)
    }),
    ("is-default", |vpc| vec![vpc.is_default.to_string()]),
    ("isDefault", |vpc| vec![vpc.is_default.to_string()]),
    ("owner-id", |vpc| vec![vpc.owner_id.clone()]),
    ("state", |vpc| vec![vpc.state.clone()]),
    ("vpc-id", |vpc| vec![vpc.vpc_id.clone()]),
]);

/// Lists VPCs.
pub(in crate::ops::ec2) fn describe(
    call: &Call<'_>,
    request: DescribeVpcsRequest,
) -> Result<DescribeVpcsResponse, Fault> {
    let DescribeVpcsRequest { vpc_ids, filters, max_results, next_token, dry_run } = request;
    call.authorize("ec2:DescribeVpcs", "*")?;
    FILTERS.check(&filters)?;
    call.dry_run(dry_run)?;

    let vpcs = VPC.select(call.list::<model::Vpc>()?, &vpc_ids, |vpc| &vpc.id)?;
    let found = vpcs
        .iter()
        .map(|vpc| (vpc, printed(call, vpc, State::Found)))
        .filter(|(vpc, printed)| FILTERS.matches(&filters, &vpc.tags, printed))
        .map(|(_, printed)| printed)
        .collect();
    let (vpc_set, next_token) =
        page(found, |vpc: &Vpc| &vpc.vpc_id, max_results, next_token.as_deref())?;
    Ok(DescribeVpcsResponse { vpc_set, next_token })
}

fn associations(vpc: &Vpc, member: fn(&CidrBlockAssociation) -> &String) -> Vec<String> {
    vpc.cidr_block_association_set.iter().map(|it| member(it).clone()).collect()
}

fn ipv6_associations(
    vpc: &Vpc,
    member: fn(&VpcIpv6CidrBlockAssociation) -> &String,
) -> Vec<String> {
    vpc.ipv6_cidr_block_association_set.iter().map(|it| member(it).clone()).collect()
}
