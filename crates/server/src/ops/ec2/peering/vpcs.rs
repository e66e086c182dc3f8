//! The VPCs of connections: their blocks, and what depends on them.

use flowlogd_aws::{Arn, Fault};
use flowlogd_vpc::Cidr;

use super::standing::{Standing, standing};
use super::{all, store};
use crate::call::Call;
use crate::model::{PeeringSide, PeeringStatus, Vpc, VpcPeering};
use crate::ops::ec2::block;
use crate::state::StateError;

/// `arn:aws:ec2:R:A:vpc/vpc-…`.
pub(super) fn arn(side: &PeeringSide) -> String {
    let resource = format!("vpc/{}", side.vpc_id);
    Arn::new("ec2", &side.region, &side.account, resource).to_string()
}

/// Returns the VPC of a side, which may be another account's.
pub(super) fn of(call: &Call<'_>, side: &PeeringSide) -> Result<Option<Vpc>, StateError> {
    call.txn.get(&side.place(), &side.vpc_id)
}

/// Whether two VPCs can be peered: no address is in both.
pub(super) fn are_apart(one: &Vpc, other: &Vpc) -> Result<bool, Fault> {
    let others = blocks(other)?;
    let overlaps = |cidr: Cidr| others.iter().any(|other| block::overlap(cidr, *other));
    Ok(!blocks(one)?.into_iter().any(overlaps))
}

/// Refuses a further block for a VPC that one of its peers has addresses of: it could not be reached.
pub(in crate::ops::ec2) fn check_block(
    call: &Call<'_>,
    vpc: &Vpc,
    cidr: Cidr,
) -> Result<(), Fault> {
    for peering in all(call)? {
        let Some(beyond) = peering.beyond(&vpc.id) else { continue };
        if peering.status != PeeringStatus::Active {
            continue;
        }
        let Some(peer) = of(call, beyond)? else { continue };
        if blocks(&peer)?.into_iter().any(|theirs| block::overlap(theirs, cidr)) {
            return Err(Fault::new(
                "InvalidVpc.Range",
                format!(
                    "The CIDR '{cidr}' conflicts with a CIDR block of the peer VPC of {}.",
                    peering.id
                ),
            ));
        }
    }
    Ok(())
}

fn blocks(vpc: &Vpc) -> Result<Vec<Cidr>, Fault> {
    let ipv4 = vpc.cidrs.iter().map(|association| &association.cidr);
    let ipv6 = vpc.ipv6_cidrs.iter().map(|association| &association.cidr);
    ipv4.chain(ipv6).map(|text| block::stored(text)).collect()
}

/// Whether a VPC cannot be deleted because of a connection: one that is active, or a request that has to be
/// answered first.
pub(in crate::ops::ec2) fn hold(call: &Call<'_>, vpc_id: &str) -> Result<bool, StateError> {
    let place = call.place();
    Ok(all(call)?.iter().any(|peering| {
        let is_accepter = peering.accepter.vpc_id == vpc_id && peering.accepter.place() == place;
        match standing(peering, call.now()) {
            Standing::Active => peering.beyond(vpc_id).is_some(),
            Standing::Pending => is_accepter,
            Standing::Expired | Standing::Failed | Standing::Rejected | Standing::Deleted => false,
        }
    }))
}

/// Ends the requests that a VPC has made and nobody has answered: they go with it.
pub(in crate::ops::ec2) fn withdraw(call: &Call<'_>, vpc_id: &str) -> Result<(), StateError> {
    for peering in all(call)? {
        if peering.requester.vpc_id == vpc_id && standing(&peering, call.now()) == Standing::Pending
        {
            end(call, peering)?;
        }
    }
    Ok(())
}

/// Stores that the caller has deleted a connection.
pub(super) fn end(call: &Call<'_>, mut peering: VpcPeering) -> Result<(), StateError> {
    peering.status = PeeringStatus::Deleted { by: call.account().to_owned() };
    peering.since = call.now();
    store(call, &peering)
}

/// Refuses another active connection where one of the two VPCs has as many as it may.
pub(super) fn check_room(call: &Call<'_>, sides: &[&PeeringSide]) -> Result<(), Fault> {
    let most = call.config.quotas.active_peerings_per_vpc;
    for side in sides {
        let active =
            call.txn.list::<VpcPeering>(&side.place())?.into_iter().filter(|it| {
                it.status == PeeringStatus::Active && it.beyond(&side.vpc_id).is_some()
            });
        if active.count() >= most {
            return Err(Fault::new(
                "VpcPeeringConnectionsPerVpcLimitExceeded",
                format!(
                    "The maximum number of active VPC peering connections ({most}) has been reached for {}.",
                    side.vpc_id
                ),
            ));
        }
    }
    Ok(())
}
