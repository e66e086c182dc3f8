//! `DescribeVpcPeeringConnections`.

use flowlogd_aws::Fault;
use flowlogd_aws::ec2::shapes::{VpcPeeringConnection, VpcPeeringConnectionVpcInfo};
use flowlogd_aws::ec2::{
    DescribeVpcPeeringConnectionsRequest, DescribeVpcPeeringConnectionsResponse,
};

use super::all;
use super::printed::{Moment, printed};
use crate::call::Call;
use crate::ops::ec2::filter_table::FilterTable;
use crate::ops::ec2::identifier::PEERING;
use crate::ops::ec2::page::page;

/// `vpc-filtering.md` §14.
const FILTERS: FilterTable<VpcPeeringConnection> = FilterTable(&[
    ("accepter-vpc-info.cidr-block", |it| blocks(&it.accepter_vpc_info)),
    ("accepter-vpc-info.owner-id", |it| vec![it.accepter_vpc_info.owner_id.clone()]),
    ("accepter-vpc-info.vpc-id", |it| vec![it.accepter_vpc_info.vpc_id.clone()]),
    ("expiration-time", |it| it.expiration_time.iter().map(ToString::to_string).collect()),
    ("requester-vpc-info.cidr-block", |it| blocks(&it.requester_vpc_info)),
    ("requester-vpc-info.owner-id", |it| vec![it.requester_vpc_info.owner_id.clone()]),
    ("requester-vpc-info.vpc-id", |it| vec![it.requester_vpc_info.vpc_id.clone()]),
    ("status-code", |it| vec![it.status.code.clone()]),
    ("status-message", |it| vec![it.status.message.clone()]),
    ("vpc-peering-connection-id", |it| vec![it.vpc_peering_connection_id.clone()]),
]);

fn blocks(side: &VpcPeeringConnectionVpcInfo) -> Vec<String> {
    side.cidr_block_set.iter().map(|block| block.cidr_block.clone()).collect()
}

/// Lists connections.
pub(in crate::ops::ec2) fn describe(
    call: &Call<'_>,
    request: DescribeVpcPeeringConnectionsRequest,
) -> Result<DescribeVpcPeeringConnectionsResponse, Fault> {
    let DescribeVpcPeeringConnectionsRequest {
        next_token,
        max_results,
        dry_run,
        vpc_peering_connection_ids,
        filters,
    } = request;
    call.authorize("ec2:DescribeVpcPeeringConnections", "*")?;
    FILTERS.check(&filters)?;
    call.dry_run(dry_run)?;

    let peerings = PEERING.select(all(call)?, &vpc_peering_connection_ids, |it| &it.id)?;
    let mut found = Vec::new();
    for peering in peerings {
        let printed = printed(call, &peering, Moment::Done)?;
        if FILTERS.matches(&filters, &peering.tags, &printed) {
            found.push(printed);
        }
    }
    let (vpc_peering_connection_set, next_token) = page(
        found,
        |it: &VpcPeeringConnection| &it.vpc_peering_connection_id,
        max_results,
        next_token.as_deref(),
    )?;
    Ok(DescribeVpcPeeringConnectionsResponse { vpc_peering_connection_set, next_token })
}
