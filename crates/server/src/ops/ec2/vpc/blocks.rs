//! `AssociateVpcCidrBlock` and `DisassociateVpcCidrBlock`: further blocks of a VPC.

use flowlogd_aws::Fault;
use flowlogd_aws::ec2::{
    AssociateVpcCidrBlockRequest, AssociateVpcCidrBlockResponse, DisassociateVpcCidrBlockRequest,
    DisassociateVpcCidrBlockResponse,
};
use flowlogd_vpc::Cidr;

use super::super::block;
use super::super::identifier::{VPC, VPC_BLOCK};
use super::super::peering;
use super::super::unsupported::refuse;
use super::ipv6::{self, Parameters, Wanted};
use super::{parts, printed_association};
use crate::call::Call;
use crate::model::{CidrAssociation, Subnet, Vpc};

/// Adds a block of either family.
#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(in crate::ops::ec2) fn associate(
    call: &Call<'_>,
    request: AssociateVpcCidrBlockRequest,
) -> Result<AssociateVpcCidrBlockResponse, Fault> {
    let vpc_id = &request.vpc_id;
    call.authorize("ec2:AssociateVpcCidrBlock", &call.ec2_arn("vpc", vpc_id))?;
    VPC.check(vpc_id)?;
    refuse(&[
        ("Ipv4IpamPoolId", request.ipv4_ipam_pool_id.is_some()),
        ("Ipv4NetmaskLength", request.ipv4_netmask_length.is_some()),
        ("Ipv6IpamPoolId", request.ipv6_ipam_pool_id.is_some()),
        ("Ipv6NetmaskLength", request.ipv6_netmask_length.is_some()),
    ])?;
    let ipv6 = Parameters {
        amazon_provided: request.amazon_provided_ipv6_cidr_block,
        cidr_block: request.ipv6_cidr_block.as_deref(),
        pool: request.ipv6_pool.as_deref(),
        border_group: request.ipv6_cidr_block_network_border_group.as_deref(),
    };
    let ipv4 = request.cidr_block.as_deref().map(size_checked).transpose()?;
    let wanted = (ipv4, ipv6.read(call)?);

    let vpc: Vpc = call.get(vpc_id)?.ok_or_else(|| VPC.missing(vpc_id))?;
    match wanted {
        (Some(cidr), None) => associate_ipv4(call, vpc, cidr),
        (None, Some(wanted)) => associate_ipv6(call, vpc, &wanted),
        (Some(_), Some(_)) => Err(Fault::new(
            "InvalidParameterCombination",
            "Only one CIDR block can be associated by one call, of IPv4 or of IPv6.",
        )),
        (None, None) => Err(Fault::new(
            "MissingParameter",
            "The request must contain the parameter cidrBlock, amazonProvidedIpv6CidrBlock or ipv6CidrBlock",
        )),
    }
}

/// Reads an IPv4 block of a size that a VPC can have (`vpc-filtering.md` §6.1).
pub(super) fn size_checked(text: &str) -> Result<Cidr, Fault> {
    let cidr = block::read(text)?;
    if !(16..=28).contains(&cidr.prefix_len()) {
        return Err(Fault::new("InvalidVpc.Range", format!("The CIDR '{text}' is invalid.")));
    }
    Ok(cidr)
}

fn associate_ipv4(
    call: &Call<'_>,
    mut vpc: Vpc,
    cidr: Cidr,
) -> Result<AssociateVpcCidrBlockResponse, Fault> {
    for own in &vpc.cidrs {
        if block::overlap(block::stored(&own.cidr)?, cidr) {
            let text = format!("The CIDR '{cidr}' conflicts with another CIDR block of the VPC.");
            return Err(Fault::new("InvalidVpc.Range", text));
        }
    }
    peering::vpcs::check_block(call, &vpc, cidr)?;
    leave_room(&vpc, vpc.cidrs.len(), call.config.quotas.ipv4_cidr_blocks_per_vpc)?;
    let made = CidrAssociation { id: call.new_id("vpc-cidr-assoc"), cidr: cidr.to_string() };
    vpc.cidrs.push(made.clone());
    call.put(&vpc)?;
    parts::extend(call, &vpc, &made.cidr)?;
    Ok(AssociateVpcCidrBlockResponse {
        vpc_id: vpc.id,
        cidr_block_association: Some(printed_association(&made, "associating")),
        ipv6_cidr_block_association: None,
    })
}

fn associate_ipv6(
    call: &Call<'_>,
    mut vpc: Vpc,
    wanted: &Wanted,
) -> Result<AssociateVpcCidrBlockResponse, Fault> {
    leave_room(&vpc, vpc.ipv6_cidrs.len(), call.config.quotas.ipv6_cidr_blocks_per_vpc)?;
    let made = wanted.associate(call)?;
    peering::vpcs::check_block(call, &vpc, block::stored(&made.cidr)?)?;
    vpc.ipv6_cidrs.push(made.clone());
    call.put(&vpc)?;
    parts::extend(call, &vpc, &made.cidr)?;
    Ok(AssociateVpcCidrBlockResponse {
        vpc_id: vpc.id,
        cidr_block_association: None,
        ipv6_cidr_block_association: Some(ipv6::printed(call, &made, "associating")),
    })
}

/// Takes away a block in which no subnet is left. The primary one stays.
pub(in crate::ops::ec2) fn disassociate(
    call: &Call<'_>,
    request: DisassociateVpcCidrBlockRequest,
) -> Result<DisassociateVpcCidrBlockResponse, Fault> {
    let DisassociateVpcCidrBlockRequest { association_id: id } = request;
    let vpc = call.list::<Vpc>()?.into_iter().find(|vpc| {
        vpc.cidrs.iter().any(|own| own.id == id) || vpc.ipv6_cidrs.iter().any(|own| own.id == id)
    });
    let arn = call.ec2_arn("vpc", vpc.as_ref().map_or("*", |vpc| &vpc.id));
    call.authorize("ec2:DisassociateVpcCidrBlock", &arn)?;
    check_form(&id)?;
    let mut vpc = vpc.ok_or_else(|| VPC_BLOCK.missing(&id))?;
    if vpc.cidrs.first().is_some_and(|primary| primary.id == id) {
        return Err(Fault::new(
            "OperationNotPermitted",
            format!(
                "The vpc CIDR block with association ID {id} may not be disassociated. It is the primary IPv4 CIDR block of the VPC"
            ),
        ));
    }

    let mut answer = DisassociateVpcCidrBlockResponse {
        vpc_id: vpc.id.clone(),
        cidr_block_association: None,
        ipv6_cidr_block_association: None,
    };
    let cidr = if let Some(place) = vpc.cidrs.iter().position(|own| own.id == id) {
        let gone = vpc.cidrs.remove(place);
        answer.cidr_block_association = Some(printed_association(&gone, "disassociating"));
        gone.cidr
    } else if let Some(place) = vpc.ipv6_cidrs.iter().position(|own| own.id == id) {
        let gone = vpc.ipv6_cidrs.remove(place);
        answer.ipv6_cidr_block_association = Some(ipv6::printed(call, &gone, "disassociating"));
        gone.cidr
    } else {
        return Err(VPC_BLOCK.missing(&id));
    };
    check_unused(call, &vpc, &cidr)?;
    call.put(&vpc)?;
    parts::withdraw(call, &vpc, &cidr)?;
    Ok(answer)
}

fn check_unused(call: &Call<'_>, vpc: &Vpc, text: &str) -> Result<(), Fault> {
    let cidr = block::stored(text)?;
    for subnet in call.list::<Subnet>()?.iter().filter(|subnet| subnet.vpc_id == vpc.id) {
        let ipv6 = subnet.ipv6.iter().map(|association| &association.cidr);
        for own in ipv6.chain([&subnet.cidr]) {
            if cidr.covers(block::stored(own)?) {
                return Err(Fault::new(
                    "InvalidCidrBlock.InUse",
                    format!("The vpc {} currently has a subnet within CIDR block {text}", vpc.id),
                ));
            }
        }
    }
    Ok(())
}

fn check_form(id: &str) -> Result<(), Fault> {
    VPC_BLOCK.check(id).map_err(|_| {
        let text = format!("The vpc CIDR block with association ID {id} is malformed");
        Fault::new(VPC_BLOCK.malformed, text)
    })
}

/// `vpc-filtering.md` §11.2.
fn leave_room(vpc: &Vpc, have: usize, limit: usize) -> Result<(), Fault> {
    if have >= limit {
        return Err(Fault::new(
            "CidrLimitExceeded",
            format!("This network {} has met its maximum number of allowed CIDRs: {limit}", vpc.id),
        ));
    }
    Ok(())
}
