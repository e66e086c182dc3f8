//! `CreateVpcPeeringConnection`.

use flowlogd_aws::Fault;
use flowlogd_aws::ec2::{CreateVpcPeeringConnectionRequest, CreateVpcPeeringConnectionResponse};

use super::printed::{Moment, printed};
use super::standing::{Standing, standing};
use super::{all, store, sweep, vpcs};
use crate::call::Call;
use crate::model::{PeeringSide, PeeringStatus, VpcPeering};
use crate::ops::ec2::identifier::VPC;
use crate::ops::ec2::tagging;
use crate::ops::ec2::unsupported::refuse;

/// Asks for a connection between a VPC of the caller's and another one.
pub(in crate::ops::ec2) fn create(
    call: &Call<'_>,
    request: CreateVpcPeeringConnectionRequest,
) -> Result<CreateVpcPeeringConnectionResponse, Fault> {
    let tags = tagging::specified(
        &request.tag_specifications,
        "vpc-peering-connection",
        "InvalidParameterValue",
    )?;
    call.authorize_making(&call.ec2_arn("vpc-peering-connection", "*"), &tags)?;
    VPC.check(&request.vpc_id)?;
    let peer_vpc_id = request.peer_vpc_id.ok_or_else(|| {
        Fault::new("MissingParameter", "The request must contain the parameter peerVpcId")
    })?;
    VPC.check(&peer_vpc_id)?;
    let peer_owner = request.peer_owner_id.unwrap_or_else(|| call.account().to_owned());
    check_account(&peer_owner)?;
    let side = |account: &str, region: &str, vpc_id: String| PeeringSide {
        account: account.to_owned(),
        region: region.to_owned(),
        vpc_id,
        allow_dns_resolution: false,
    };
    let requester = side(call.account(), call.region(), request.vpc_id);
    let peer_region = request.peer_region.as_deref().unwrap_or(call.region());
    let accepter = side(&peer_owner, peer_region, peer_vpc_id);
    call.authorize_with("ec2:CreateVpcPeeringConnection", &vpcs::arn(&requester), |context| {
        context.set("ec2:AccepterVpc", vpcs::arn(&accepter));
    })?;
    refuse(&[(
        "RequesterPeeringConnectionOptions",
        request.requester_peering_connection_options.is_some(),
    )])?;
    call.dry_run(request.dry_run)?;

    sweep(call)?;
    let vpc = vpcs::of(call, &requester)?.ok_or_else(|| VPC.missing(&requester.vpc_id))?;
    check_new(call, &requester, &accepter)?;
    let status = match vpcs::of(call, &accepter)? {
        Some(peer) if vpcs::are_apart(&vpc, &peer)? => PeeringStatus::Requested,
        // No error, but a connection that has failed (`vpc-filtering.md` §11.6).
        Some(_) | None => PeeringStatus::Failed,
    };
    let peering =
        VpcPeering { id: call.new_id("pcx"), requester, accepter, status, since: call.now(), tags };
    if peering.status == PeeringStatus::Failed {
        // The other side, which may not exist, never sees it.
        call.put(&peering)?;
    } else {
        store(call, &peering)?;
    }
    Ok(CreateVpcPeeringConnectionResponse {
        vpc_peering_connection: printed(call, &peering, Moment::Doing)?,
    })
}

/// Refuses a second connection of two VPCs, and more of them than there may be (`vpc-filtering.md` §12).
fn check_new(
    call: &Call<'_>,
    requester: &PeeringSide,
    accepter: &PeeringSide,
) -> Result<(), Fault> {
    let mut outstanding = 0;
    for peering in all(call)? {
        let standing = standing(&peering, call.now());
        let is_same =
            peering.beyond(&requester.vpc_id).is_some_and(|it| it.vpc_id == accepter.vpc_id);
        if is_same && matches!(standing, Standing::Pending | Standing::Active) {
            return Err(Fault::new(
                "VpcPeeringConnectionAlreadyExists",
                format!(
                    "A VPC peering connection between {} and {} already exists: {}",
                    requester.vpc_id, accepter.vpc_id, peering.id
                ),
            ));
        }
        if standing == Standing::Pending && peering.requester.place() == call.place() {
            outstanding += 1;
        }
    }
    let most = call.config.quotas.outstanding_peering_requests;
    if outstanding >= most {
        return Err(Fault::new(
            "OutstandingVpcPeeringConnectionLimitExceeded",
            format!(
                "The maximum number of outstanding VPC peering connection requests ({most}) has been reached."
            ),
        ));
    }
    vpcs::check_room(call, &[requester])
}

fn check_account(account: &str) -> Result<(), Fault> {
    if account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(());
    }
    Err(Fault::new(
        "InvalidParameterValue",
        format!(
            "Value ({account}) for parameter peerOwnerId is invalid. An account ID has 12 digits."
        ),
    ))
}
