//! Internet gateways: what a default route leads to. Nothing is translated or forwarded by them; they are what
//! `traffic-path` and tools look for.

mod describe;
#[cfg(test)]
mod tests;

use flowlogd_aws::Fault;
use flowlogd_aws::ec2::{
    AttachInternetGatewayRequest, CreateInternetGatewayRequest, CreateInternetGatewayResponse,
    DeleteInternetGatewayRequest, DetachInternetGatewayRequest,
};

pub(super) use describe::describe;

use super::identifier::{Kind, VPC};
use super::tagging;
use crate::call::Call;
use crate::model::{InternetGateway, Vpc};

pub(super) const GATEWAY: Kind = Kind {
    prefix: "igw",
    malformed: "InvalidInternetGatewayId.Malformed",
    not_found: "InvalidInternetGatewayID.NotFound",
    noun: "internetGateway ID",
};

/// Makes a gateway that belongs to no VPC yet.
#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn create(
    call: &Call<'_>,
    request: CreateInternetGatewayRequest,
) -> Result<CreateInternetGatewayResponse, Fault> {
    let specifications = &request.tag_specifications;
    let tags = tagging::specified(specifications, "internet-gateway", "InvalidParameterValue")?;
    call.authorize_making(&call.ec2_arn("internet-gateway", "*"), &tags)?;
    call.dry_run(request.dry_run)?;
    let quota = call.config.quotas.internet_gateways_per_region;
    if call.list::<InternetGateway>()?.len() >= quota {
        return Err(Fault::new(
            "InternetGatewayLimitExceeded",
            "The maximum number of internet gateways has been reached.",
        ));
    }
    let gateway = InternetGateway { id: call.new_id("igw"), vpc_id: None, tags };
    call.put(&gateway)?;
    Ok(CreateInternetGatewayResponse { internet_gateway: describe::printed(call, &gateway) })
}

/// Attaches a free gateway to a VPC that has none.
pub(super) fn attach(call: &Call<'_>, request: AttachInternetGatewayRequest) -> Result<(), Fault> {
    let AttachInternetGatewayRequest { internet_gateway_id: id, vpc_id, dry_run } = request;
    let gateway = authorized(call, &id, Some(&vpc_id))?;
    call.dry_run(dry_run)?;

    let mut gateway = gateway.ok_or_else(|| GATEWAY.missing(&id))?;
    let vpc: Vpc = call.get(&vpc_id)?.ok_or_else(|| VPC.missing(&vpc_id))?;
    if let Some(vpc_id) = &gateway.vpc_id {
        let text = format!("resource {id} is already attached to network {vpc_id}");
        return Err(Fault::new("Resource.AlreadyAssociated", text));
    }
    if of_vpc(call, &vpc.id)?.is_some() {
        let text = format!("Network {vpc_id} already has an internet gateway attached");
        return Err(Fault::new("InvalidParameterValue", text));
    }
    gateway.vpc_id = Some(vpc.id);
    call.put(&gateway)?;
    Ok(())
}

/// Takes a gateway from its VPC. Routes to it stay, as black holes.
pub(super) fn detach(call: &Call<'_>, request: DetachInternetGatewayRequest) -> Result<(), Fault> {
    let DetachInternetGatewayRequest { internet_gateway_id: id, vpc_id, dry_run } = request;
    let gateway = authorized(call, &id, Some(&vpc_id))?;
    call.dry_run(dry_run)?;

    let mut gateway = gateway.ok_or_else(|| GATEWAY.missing(&id))?;
    if call.get::<Vpc>(&vpc_id)?.is_none() {
        return Err(VPC.missing(&vpc_id));
    }
    if gateway.vpc_id.as_ref() != Some(&vpc_id) {
        let text = format!("resource {id} is not attached to network {vpc_id}");
        return Err(Fault::new("Gateway.NotAttached", text));
    }
    gateway.vpc_id = None;
    call.put(&gateway)?;
    Ok(())
}

/// Deletes a gateway that belongs to no VPC.
pub(super) fn delete(call: &Call<'_>, request: DeleteInternetGatewayRequest) -> Result<(), Fault> {
    let DeleteInternetGatewayRequest { internet_gateway_id: id, dry_run } = request;
    let gateway = authorized(call, &id, None)?;
    call.dry_run(dry_run)?;

    let gateway = gateway.ok_or_else(|| GATEWAY.missing(&id))?;
    if gateway.vpc_id.is_some() {
        let text = format!("The internetGateway '{id}' has dependencies and cannot be deleted.");
        return Err(Fault::new("DependencyViolation", text));
    }
    call.delete::<InternetGateway>(&id)?;
    Ok(())
}

/// Returns the gateway that is attached to a VPC.
pub(super) fn of_vpc(call: &Call<'_>, vpc_id: &str) -> Result<Option<InternetGateway>, Fault> {
    let mut all = call.list::<InternetGateway>()?.into_iter();
    Ok(all.find(|gateway| gateway.vpc_id.as_deref() == Some(vpc_id)))
}

/// Asks for permission on a gateway, and on the VPC that is named with it; returns the gateway if there is one
/// of this id.
fn authorized(
    call: &Call<'_>,
    id: &str,
    vpc_id: Option<&str>,
) -> Result<Option<InternetGateway>, Fault> {
    let action = format!("ec2:{}", call.action);
    call.authorize(&action, &call.ec2_arn("internet-gateway", id))?;
    if let Some(vpc_id) = vpc_id {
        call.authorize(&action, &call.ec2_arn("vpc", vpc_id))?;
    }
    GATEWAY.check(id)?;
    vpc_id.map_or(Ok(()), |vpc_id| VPC.check(vpc_id))?;
    Ok(call.get(id)?)
}
