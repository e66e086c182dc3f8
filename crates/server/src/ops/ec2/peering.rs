//! VPC peering connections (`vpc-filtering.md` §8).

mod answer;
mod create;
mod describe;
mod options;
mod printed;
pub(super) mod standing;
#[cfg(test)]
mod tests;
pub(super) mod vpcs;

pub(super) use answer::{accept, delete, reject};
pub(super) use create::create;
pub(super) use describe::describe;
pub(super) use options::modify as modify_options;

use flowlogd_aws::Fault;

use self::standing::{Standing, is_visible, standing};
use super::identifier::PEERING;
use crate::call::Call;
use crate::model::{PeeringSide, VpcPeering};
use crate::state::StateError;

/// Returns the connections that the caller's side sees.
pub(super) fn all(call: &Call<'_>) -> Result<Vec<VpcPeering>, StateError> {
    let mut all: Vec<VpcPeering> = call.list()?;
    all.retain(|peering| is_visible(peering, &call.place(), call.now()));
    Ok(all)
}

/// Returns a connection if the caller's side sees one of this id.
pub(super) fn get(call: &Call<'_>, id: &str) -> Result<Option<VpcPeering>, StateError> {
    let found: Option<VpcPeering> = call.get(id)?;
    Ok(found.filter(|peering| is_visible(peering, &call.place(), call.now())))
}

/// Returns the state of a connection that a rule names; one that is no longer seen is deleted.
pub(super) fn status_code(call: &Call<'_>, id: &str) -> Result<&'static str, StateError> {
    Ok(match get(call, id)? {
        Some(peering) => standing(&peering, call.now()).code(),
        None => Standing::Deleted.code(),
    })
}

/// Stores a connection at both sides. The caller's has the tags, the other keeps its own.
fn store(call: &Call<'_>, peering: &VpcPeering) -> Result<(), StateError> {
    let here = call.place();
    for place in peering.sides().map(PeeringSide::place) {
        let mut peering = peering.clone();
        if place != here {
            let theirs: Option<VpcPeering> = call.txn.get(&place, &peering.id)?;
            peering.tags = theirs.map(|theirs| theirs.tags).unwrap_or_default();
        }
        call.txn.put(&place, &peering, call.now())?;
    }
    Ok(())
}

/// Deletes what the caller's side no longer sees.
fn sweep(call: &Call<'_>) -> Result<(), StateError> {
    for peering in call.list::<VpcPeering>()? {
        if !is_visible(&peering, &call.place(), call.now()) {
            call.delete::<VpcPeering>(&peering.id)?;
        }
    }
    Ok(())
}

/// Asks for permission on a connection, and returns it if there is one of this id.
fn authorized(call: &Call<'_>, id: &str) -> Result<Option<VpcPeering>, Fault> {
    let peering = get(call, id)?;
    let arn = call.ec2_arn("vpc-peering-connection", id);
    call.authorize_with(&format!("ec2:{}", call.action), &arn, |context| {
        let Some(peering) = &peering else { return };
        context.set("ec2:RequesterVpc", vpcs::arn(&peering.requester));
        context.set("ec2:AccepterVpc", vpcs::arn(&peering.accepter));
    })?;
    PEERING.check(id)?;
    Ok(peering)
}

/// The fault for a connection in a state in which what is asked cannot be done
/// (`vpc-filtering.md` §11.6).
fn wrong_state(id: &str) -> Fault {
    Fault::new(
        "InvalidStateTransition",
        format!("VpcPeeringConnectionID {id} is not in the correct state for the request."),
    )
}
