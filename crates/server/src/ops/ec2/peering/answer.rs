//! A request is accepted or rejected, and a connection deleted.

use flowlogd_aws::Fault;
use flowlogd_aws::ec2::{
    AcceptVpcPeeringConnectionRequest, AcceptVpcPeeringConnectionResponse,
    DeleteVpcPeeringConnectionRequest, RejectVpcPeeringConnectionRequest,
};

use super::printed::{Moment, printed};
use super::standing::{Standing, standing};
use super::{authorized, store, sweep, vpcs, wrong_state};
use crate::call::Call;
use crate::model::{PeeringStatus, VpcPeering};
use crate::ops::ec2::identifier::PEERING;

/// Accepts a request: the two VPCs are peered.
#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(in crate::ops::ec2) fn accept(
    call: &Call<'_>,
    request: AcceptVpcPeeringConnectionRequest,
) -> Result<AcceptVpcPeeringConnectionResponse, Fault> {
    let id = &request.vpc_peering_connection_id;
    let peering = authorized(call, id)?;
    if let Some(peering) = &peering {
        call.authorize("ec2:AcceptVpcPeeringConnection", &vpcs::arn(&peering.accepter))?;
    }
    call.dry_run(request.dry_run)?;
    let mut peering = requested(call, peering.ok_or_else(|| PEERING.missing(id))?, "accept")?;
    vpcs::check_room(call, &peering.sides())?;
    let vpcs = (vpcs::of(call, &peering.requester)?, vpcs::of(call, &peering.accepter)?);
    // Blocks may have come since the request was made.
    peering.status = match vpcs {
        (Some(requester), Some(accepter)) if vpcs::are_apart(&requester, &accepter)? => {
            PeeringStatus::Active
        }
        _ => PeeringStatus::Failed,
    };
    peering.since = call.now();
    store(call, &peering)?;
    Ok(AcceptVpcPeeringConnectionResponse {
        vpc_peering_connection: printed(call, &peering, Moment::Doing)?,
    })
}

/// Rejects a request.
#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(in crate::ops::ec2) fn reject(
    call: &Call<'_>,
    request: RejectVpcPeeringConnectionRequest,
) -> Result<(), Fault> {
    let id = &request.vpc_peering_connection_id;
    let peering = authorized(call, id)?;
    call.dry_run(request.dry_run)?;
    let mut peering = requested(call, peering.ok_or_else(|| PEERING.missing(id))?, "reject")?;
    peering.status = PeeringStatus::Rejected;
    peering.since = call.now();
    store(call, &peering)?;
    sweep(call)?;
    Ok(())
}

/// Deletes an active connection, from either side, or a request that the caller has made.
#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(in crate::ops::ec2) fn delete(
    call: &Call<'_>,
    request: DeleteVpcPeeringConnectionRequest,
) -> Result<(), Fault> {
    let id = &request.vpc_peering_connection_id;
    let peering = authorized(call, id)?;
    call.dry_run(request.dry_run)?;
    let peering = peering.ok_or_else(|| PEERING.missing(id))?;
    match standing(&peering, call.now()) {
        Standing::Active => {}
        Standing::Pending if peering.requester.place() == call.place() => {}
        Standing::Pending
        | Standing::Expired
        | Standing::Failed
        | Standing::Rejected
        | Standing::Deleted => return Err(wrong_state(id)),
    }
    vpcs::end(call, peering)?;
    sweep(call)?;
    Ok(())
}

/// Returns a request if it is the caller's to answer (`vpc-filtering.md` §11.6).
fn requested(call: &Call<'_>, peering: VpcPeering, verb: &str) -> Result<VpcPeering, Fault> {
    let id = &peering.id;
    let not_permitted = |text: String| Err(Fault::new("OperationNotPermitted", text));
    if peering.accepter.account != call.account() {
        return not_permitted(format!("User ({}) cannot {verb} peering {id}", call.account()));
    }
    if peering.accepter.region != call.region() {
        return not_permitted(format!(
            "Incorrect region ({}) specified for this request. VPC peering connection {id} must be {verb}ed in region {}",
            call.region(),
            peering.accepter.region
        ));
    }
    match standing(&peering, call.now()) {
        Standing::Pending => Ok(peering),
        Standing::Active
        | Standing::Expired
        | Standing::Failed
        | Standing::Rejected
        | Standing::Deleted => Err(wrong_state(id)),
    }
}
