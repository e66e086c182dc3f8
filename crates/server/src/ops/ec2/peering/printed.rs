//! Connections as answers print them.

use flowlogd_aws::Timestamp;
use flowlogd_aws::ec2::shapes::{
    PeerCidrBlock, PeerIpv6CidrBlock, VpcPeeringConnection, VpcPeeringConnectionOptionsDescription,
    VpcPeeringConnectionStateReason, VpcPeeringConnectionVpcInfo,
};

use super::standing::{Standing, expiration, standing};
use super::vpcs;
use crate::call::Call;
use crate::model::{PeeringSide, PeeringStatus, VpcPeering};
use crate::ops::ec2::tagging;
use crate::state::StateError;

/// Whether an answer is of the call that makes or accepts a connection: AWS does it in the background.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    Doing,
    Done,
}

/// A connection.
pub(super) fn printed(
    call: &Call<'_>,
    peering: &VpcPeering,
    moment: Moment,
) -> Result<VpcPeeringConnection, StateError> {
    let standing = standing(peering, call.now());
    // Blocks of the accepter are told once it has accepted, those of either side no longer than the
    // connection lasts.
    let (requester_told, accepter_told) = match standing {
        Standing::Pending => (true, false),
        Standing::Active => (true, true),
        Standing::Failed => (moment == Moment::Doing, false),
        Standing::Expired | Standing::Rejected | Standing::Deleted => (false, false),
    };
    let expiration_time = (standing == Standing::Pending).then(|| Timestamp(expiration(peering)));
    Ok(VpcPeeringConnection {
        accepter_vpc_info: side(call, &peering.accepter, accepter_told)?,
        expiration_time,
        requester_vpc_info: side(call, &peering.requester, requester_told)?,
        status: status(peering, standing, moment),
        tag_set: tagging::printed(&peering.tags),
        vpc_peering_connection_id: peering.id.clone(),
    })
}

fn status(
    peering: &VpcPeering,
    standing: Standing,
    moment: Moment,
) -> VpcPeeringConnectionStateReason {
    let accepter = &peering.accepter.account;
    let (code, message) = match (standing, moment) {
        (Standing::Pending | Standing::Failed, Moment::Doing) => {
            ("initiating-request", format!("Initiating Request to {accepter}"))
        }
        (Standing::Active, Moment::Doing) => ("provisioning", "Provisioning".to_owned()),
        (Standing::Pending, Moment::Done) => {
            (standing.code(), format!("Pending Acceptance by {accepter}"))
        }
        (Standing::Failed, Moment::Done) => (
            standing.code(),
            "Failed due to incorrect VPC-ID, Account ID, or overlapping CIDR range".to_owned(),
        ),
        (Standing::Active, Moment::Done) => (standing.code(), "Active".to_owned()),
        (Standing::Expired, _) => (standing.code(), "Expired".to_owned()),
        (Standing::Rejected, _) => (standing.code(), format!("Rejected by {accepter}")),
        (Standing::Deleted, _) => {
            let by = match &peering.status {
                PeeringStatus::Deleted { by } => by.as_str(),
                PeeringStatus::Requested
                | PeeringStatus::Failed
                | PeeringStatus::Active
                | PeeringStatus::Rejected => "",
            };
            (standing.code(), format!("Deleted by {by}"))
        }
    };
    VpcPeeringConnectionStateReason { code: code.to_owned(), message }
}

fn side(
    call: &Call<'_>,
    side: &PeeringSide,
    is_told: bool,
) -> Result<VpcPeeringConnectionVpcInfo, StateError> {
    let vpc = if is_told { vpcs::of(call, side)? } else { None };
    let vpc = vpc.as_ref();
    let ipv4 = vpc.map(|vpc| vpc.cidrs.as_slice()).unwrap_or_default();
    let ipv6 = vpc.map(|vpc| vpc.ipv6_cidrs.as_slice()).unwrap_or_default();
    Ok(VpcPeeringConnectionVpcInfo {
        cidr_block: ipv4.first().map(|primary| primary.cidr.clone()),
        ipv6_cidr_block_set: ipv6
            .iter()
            .map(|it| PeerIpv6CidrBlock { ipv6_cidr_block: it.cidr.clone() })
            .collect(),
        cidr_block_set: ipv4
            .iter()
            .map(|it| PeerCidrBlock { cidr_block: it.cidr.clone() })
            .collect(),
        owner_id: side.account.clone(),
        peering_options: vpc.map(|_| options(side)),
        vpc_id: side.vpc_id.clone(),
        region: side.region.clone(),
    })
}

/// What a side allows.
pub(super) const fn options(side: &PeeringSide) -> VpcPeeringConnectionOptionsDescription {
    VpcPeeringConnectionOptionsDescription {
        allow_dns_resolution_from_remote_vpc: side.allow_dns_resolution,
        allow_egress_from_local_classic_link_to_remote_vpc: false,
        allow_egress_from_local_vpc_to_remote_classic_link: false,
    }
}
