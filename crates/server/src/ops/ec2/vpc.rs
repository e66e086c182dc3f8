//! VPCs.

mod attribute;
mod blocks;
mod describe;
pub(super) mod dual_stack;
pub(super) mod ipv6;
pub(super) mod parts;
#[cfg(test)]
mod tests;

use flowlogd_aws::Fault;
use flowlogd_aws::ec2::{
    CreateDefaultVpcRequest, CreateDefaultVpcResponse, CreateVpcRequest, CreateVpcResponse,
    DeleteVpcRequest, shapes,
};

use super::identifier::VPC;
use super::unsupported::refuse;
use super::{fresh, peering, tagging};
use crate::call::Call;
use crate::model::{CidrAssociation, Vpc};
pub(super) use attribute::{describe as describe_attribute, modify as modify_attribute};
pub(super) use blocks::{associate as associate_block, disassociate as disassociate_block};
pub(super) use describe::describe;
use parts::Site;

/// Makes a VPC with its default security group, default network ACL and main route table.
pub(super) fn create(
    call: &Call<'_>,
    request: CreateVpcRequest,
) -> Result<CreateVpcResponse, Fault> {
    let tags = tagging::specified(&request.tag_specifications, "vpc", "InvalidParameter")?;
    call.authorize_making(&call.ec2_arn("vpc", "*"), &tags)?;
    check_supported(&request)?;
    let text = request.cidr_block.ok_or_else(|| {
        Fault::new("MissingParameter", "Either 'cidrBlock' or 'ipv4IpamPoolId' should be provided.")
    })?;
    let cidr = blocks::size_checked(&text)?;
    let ipv6 = ipv6::Parameters {
        amazon_provided: request.amazon_provided_ipv6_cidr_block,
        cidr_block: request.ipv6_cidr_block.as_deref(),
        pool: request.ipv6_pool.as_deref(),
        border_group: request.ipv6_cidr_block_network_border_group.as_deref(),
    };
    let ipv6 = ipv6.read(call)?;
    call.dry_run(request.dry_run)?;

    leave_room(call)?;
    let place = call.place();
    let vpc = Vpc {
        id: call.new_id("vpc"),
        cidrs: vec![CidrAssociation { id: call.new_id("vpc-cidr-assoc"), cidr: cidr.to_string() }],
        ipv6_cidrs: ipv6.map(|wanted| wanted.associate(call)).transpose()?.into_iter().collect(),
        is_default: false,
        dhcp_options_id: fresh::dhcp_options(call)?,
        tags,
    };
    parts::make(Site::of(call, &place), &vpc, None)?;
    Ok(CreateVpcResponse { vpc: printed(call, &vpc, State::Made) })
}

/// Makes the default VPC again where it was deleted.
#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn create_default(
    call: &Call<'_>,
    request: CreateDefaultVpcRequest,
) -> Result<CreateDefaultVpcResponse, Fault> {
    let CreateDefaultVpcRequest { dry_run } = request;
    call.authorize("ec2:CreateDefaultVpc", &call.ec2_arn("vpc", "*"))?;
    call.dry_run(dry_run)?;

    if call.list::<Vpc>()?.iter().any(|vpc| vpc.is_default) {
        return Err(Fault::new(
            "DefaultVpcAlreadyExists",
            "A Default VPC already exists for this account in this region.",
        ));
    }
    leave_room(call)?;
    let place = call.place();
    let dhcp_options_id = fresh::dhcp_options(call)?;
    let vpc = fresh::make_default_vpc(Site::of(call, &place), dhcp_options_id)?;
    Ok(CreateDefaultVpcResponse { vpc: printed(call, &vpc, State::Made) })
}

/// Deletes a VPC in which nothing is left but what came with it (`vpc-filtering.md` §6.1).
pub(super) fn delete(call: &Call<'_>, request: DeleteVpcRequest) -> Result<(), Fault> {
    let DeleteVpcRequest { vpc_id, dry_run } = request;
    call.authorize("ec2:DeleteVpc", &call.ec2_arn("vpc", &vpc_id))?;
    VPC.check(&vpc_id)?;
    call.dry_run(dry_run)?;

    call.get::<Vpc>(&vpc_id)?.ok_or_else(|| VPC.missing(&vpc_id))?;
    if parts::has_more(call, &vpc_id)? || peering::vpcs::hold(call, &vpc_id)? {
        return Err(Fault::new(
            "DependencyViolation",
            format!("The vpc '{vpc_id}' has dependencies and cannot be deleted."),
        ));
    }
    peering::vpcs::withdraw(call, &vpc_id)?;
    parts::remove(call, &vpc_id)?;
    Ok(())
}

/// What a VPC is in an answer.
#[derive(Clone, Copy)]
enum State {
    /// The answer is of the call that made it.
    Made,
    Found,
}

/// A VPC as answers print it.
fn printed(call: &Call<'_>, vpc: &Vpc, state: State) -> shapes::Vpc {
    let (state, ipv6_state) = match state {
        State::Made => ("pending", "associating"),
        State::Found => ("available", ASSOCIATED),
    };
    let ipv6 = vpc.ipv6_cidrs.iter().map(|it| ipv6::printed(call, it, ipv6_state));
    shapes::Vpc {
        vpc_id: vpc.id.clone(),
        state: state.to_owned(),
        cidr_block: vpc.cidrs.first().map(|first| first.cidr.clone()).unwrap_or_default(),
        cidr_block_association_set: vpc
            .cidrs
            .iter()
            .map(|association| printed_association(association, ASSOCIATED))
            .collect(),
        ipv6_cidr_block_association_set: ipv6.collect(),
        dhcp_options_id: vpc.dhcp_options_id.clone(),
        instance_tenancy: "default".to_owned(),
        is_default: vpc.is_default,
        owner_id: call.account().to_owned(),
        tag_set: tagging::printed(&vpc.tags),
    }
}

const ASSOCIATED: &str = "associated";

fn printed_association(association: &CidrAssociation, state: &str) -> shapes::CidrBlockAssociation {
    shapes::CidrBlockAssociation {
        association_id: association.id.clone(),
        cidr_block: association.cidr.clone(),
        cidr_block_state: shapes::CidrBlockState { state: state.to_owned() },
    }
}

fn leave_room(call: &Call<'_>) -> Result<(), Fault> {
    if call.list::<Vpc>()?.len() >= call.config.quotas.vpcs_per_region {
        return Err(Fault::new("VpcLimitExceeded", "The maximum number of VPCs has been reached."));
    }
    Ok(())
}

fn check_supported(request: &CreateVpcRequest) -> Result<(), Fault> {
    match request.instance_tenancy.as_deref() {
        None | Some("default" | "dedicated" | "host") => {}
        Some(other) => {
            return Err(Fault::new(
                "InvalidParameterValue",
                format!(
                    "Value ({other}) for parameter instanceTenancy is invalid. Only 'default' is supported here."
                ),
            ));
        }
    }
    refuse(&[
        (
            "InstanceTenancy",
            request.instance_tenancy.as_deref().is_some_and(|tenancy| tenancy != "default"),
        ),
        ("Ipv4IpamPoolId", request.ipv4_ipam_pool_id.is_some()),
        ("Ipv4NetmaskLength", request.ipv4_netmask_length.is_some()),
        ("Ipv6IpamPoolId", request.ipv6_ipam_pool_id.is_some()),
        ("Ipv6NetmaskLength", request.ipv6_netmask_length.is_some()),
        ("VpcEncryptionControl", request.vpc_encryption_control.is_some()),
    ])
}
