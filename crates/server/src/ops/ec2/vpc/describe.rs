//! `DescribeVpcs`.

use flowlogd_aws::Fault;
use flowlogd_aws::ec2::shapes::{CidrBlockAssociation, Vpc};
use flowlogd_aws::ec2::{DescribeVpcsRequest, DescribeVpcsResponse};

use super::super::filter_table::{FilterTable, none};
use super::super::identifier::VPC;
use super::super::page::page;
use super::printed;
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
    ("ipv6-cidr-block-association.association-id", none),
    ("ipv6-cidr-block-association.ipv6-cidr-block", none),
    ("ipv6-cidr-block-association.ipv6-pool", none),
    ("ipv6-cidr-block-association.state", none),
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
        .map(|vpc| (vpc, printed(call, vpc, "available")))
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
