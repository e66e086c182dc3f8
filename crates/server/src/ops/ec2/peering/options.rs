//! `ModifyVpcPeeringConnectionOptions`.

use flowlogd_aws::Fault;
use flowlogd_aws::ec2::shapes::{
    PeeringConnectionOptionsRequest, VpcPeeringConnectionOptionsDescription,
};
use flowlogd_aws::ec2::{
    ModifyVpcPeeringConnectionOptionsRequest, ModifyVpcPeeringConnectionOptionsResponse,
};

use super::{authorized, printed, store};
use crate::call::Call;
use crate::model::{PeeringSide, PeeringStatus};
use crate::ops::ec2::identifier::PEERING;
use crate::ops::ec2::unsupported::refuse;

/// Says whether host names of a side resolve to private addresses in the other. Stored, without effect.
pub(in crate::ops::ec2) fn modify(
    call: &Call<'_>,
    request: ModifyVpcPeeringConnectionOptionsRequest,
) -> Result<ModifyVpcPeeringConnectionOptionsResponse, Fault> {
    let id = &request.vpc_peering_connection_id;
    let peering = authorized(call, id)?;
    let (of_requester, of_accepter) =
        (request.requester_peering_connection_options, request.accepter_peering_connection_options);
    if of_requester.is_none() && of_accepter.is_none() {
        return Err(Fault::new(
            "MissingParameter",
            "The request must contain the parameter requesterPeeringConnectionOptions or accepterPeeringConnectionOptions",
        ));
    }
    for options in of_requester.iter().chain(&of_accepter) {
        check_supported(options)?;
    }
    call.dry_run(request.dry_run)?;

    let mut peering = peering.ok_or_else(|| PEERING.missing(id))?;
    if peering.status != PeeringStatus::Active {
        return Err(not_permitted(format!(
            "Peering {id} is not active. Peering options can be added only to active peerings."
        )));
    }
    let change = |side: &mut PeeringSide,
                  options: Option<PeeringConnectionOptionsRequest>,
                  name: &str|
     -> Result<Option<VpcPeeringConnectionOptionsDescription>, Fault> {
        let Some(options) = options else { return Ok(None) };
        if side.place() != call.place() {
            return Err(not_permitted(format!(
                "User {} cannot modify {name} peering options of VPC peering connection {id}",
                call.account()
            )));
        }
        if let Some(allow) = options.allow_dns_resolution_from_remote_vpc {
            side.allow_dns_resolution = allow;
        }
        Ok(Some(printed::options(side)))
    };
    let requester = change(&mut peering.requester, of_requester, "requester")?;
    let accepter = change(&mut peering.accepter, of_accepter, "accepter")?;
    store(call, &peering)?;
    Ok(ModifyVpcPeeringConnectionOptionsResponse {
        requester_peering_connection_options: requester,
        accepter_peering_connection_options: accepter,
    })
}

fn not_permitted(text: String) -> Fault {
    Fault::new("OperationNotPermitted", text)
}

/// `EC2-Classic` is gone, and there is one path.
fn check_supported(options: &PeeringConnectionOptionsRequest) -> Result<(), Fault> {
    refuse(&[
        (
            "AllowEgressFromLocalClassicLinkToRemoteVpc",
            options.allow_egress_from_local_classic_link_to_remote_vpc == Some(true),
        ),
        (
            "AllowEgressFromLocalVpcToRemoteClassicLink",
            options.allow_egress_from_local_vpc_to_remote_classic_link == Some(true),
        ),
        ("AllowMultipathResilience", options.allow_multipath_resilience == Some(true)),
        ("MultipathResilienceMode", options.multipath_resilience_mode.is_some()),
    ])
}
