//! `AssociateSubnetCidrBlock` and `DisassociateSubnetCidrBlock`: the IPv6 block of a subnet.

use flowlogd_aws::Fault;
use flowlogd_aws::ec2::{
    AssociateSubnetCidrBlockRequest, AssociateSubnetCidrBlockResponse,
    DisassociateSubnetCidrBlockRequest, DisassociateSubnetCidrBlockResponse, shapes,
};
use flowlogd_vpc::Cidr;

use super::super::block;
use super::super::identifier::{SUBNET, SUBNET_BLOCK, VPC};
use super::super::unsupported::refuse;
use super::super::vpc::ipv6;
use crate::call::Call;
use crate::model::{Interface, Ipv6Association, Subnet, Vpc};

/// Gives a subnet its IPv6 block.
pub(in crate::ops::ec2) fn associate(
    call: &Call<'_>,
    request: AssociateSubnetCidrBlockRequest,
) -> Result<AssociateSubnetCidrBlockResponse, Fault> {
    let AssociateSubnetCidrBlockRequest {
        subnet_id,
        ipv6_cidr_block,
        ipv6_ipam_pool_id,
        ipv6_netmask_length,
    } = request;
    call.authorize("ec2:AssociateSubnetCidrBlock", &call.ec2_arn("subnet", &subnet_id))?;
    SUBNET.check(&subnet_id)?;
    refuse(&[
        ("Ipv6IpamPoolId", ipv6_ipam_pool_id.is_some()),
        ("Ipv6NetmaskLength", ipv6_netmask_length.is_some()),
    ])?;
    let text = ipv6_cidr_block.ok_or_else(|| {
        let text = "Either 'ipv6CidrBlock' or 'ipv6IpamPoolId' should be provided.";
        Fault::new("MissingParameter", text)
    })?;
    let cidr = size_checked(&text)?;

    let mut subnet: Subnet = call.get(&subnet_id)?.ok_or_else(|| SUBNET.missing(&subnet_id))?;
    if subnet.ipv6.is_some() {
        return Err(Fault::new(
            "CidrLimitExceeded",
            format!("This subnet {subnet_id} has met its maximum number of allowed IPv6 CIDRs: 1"),
        ));
    }
    let vpc: Vpc = call.get(&subnet.vpc_id)?.ok_or_else(|| VPC.missing(&subnet.vpc_id))?;
    let made = association(call, &vpc, cidr)?;
    subnet.ipv6 = Some(made.clone());
    call.put(&subnet)?;
    Ok(AssociateSubnetCidrBlockResponse {
        subnet_id,
        ipv6_cidr_block_association: printed(&made, "associating"),
    })
}

/// Takes the IPv6 block of a subnet away where nothing has or will have an address of it.
pub(in crate::ops::ec2) fn disassociate(
    call: &Call<'_>,
    request: DisassociateSubnetCidrBlockRequest,
) -> Result<DisassociateSubnetCidrBlockResponse, Fault> {
    let DisassociateSubnetCidrBlockRequest { association_id: id } = request;
    let subnets: Vec<Subnet> = call.list()?;
    let found = subnets.into_iter().find_map(|mut subnet| {
        let association = subnet.ipv6.take_if(|association| association.id == id)?;
        Some((subnet, association))
    });
    let arn = call.ec2_arn("subnet", found.as_ref().map_or("*", |(subnet, _)| &subnet.id));
    call.authorize("ec2:DisassociateSubnetCidrBlock", &arn)?;
    SUBNET_BLOCK.check(&id).map_err(|_| {
        let text = format!("The subnet CIDR block with association ID {id} is malformed");
        Fault::new(SUBNET_BLOCK.malformed, text)
    })?;
    let (subnet, gone) = found.ok_or_else(|| SUBNET_BLOCK.missing(&id))?;

    let in_use = |reason: &str| {
        let text = format!(
            "The subnet IPv6 CIDR block with association ID {id} may not be disassociated, because {reason}."
        );
        Err(Fault::new("InvalidCidrBlock.InUse", text))
    };
    if subnet.assign_ipv6_on_creation {
        return in_use("its subnet has assign-ipv6-address-on-creation set to true");
    }
    let has_addresses = |it: &Interface| it.subnet_id == subnet.id && !it.ipv6_addresses.is_empty();
    if call.list::<Interface>()?.iter().any(has_addresses) {
        return in_use("its subnet has network interfaces with IPv6 addresses");
    }
    call.put(&subnet)?;
    Ok(DisassociateSubnetCidrBlockResponse {
        subnet_id: subnet.id,
        ipv6_cidr_block_association: printed(&gone, "disassociating"),
    })
}

/// Reads an IPv6 block of a size that a subnet can have (`vpc-filtering.md` §6.2).
pub(super) fn size_checked(text: &str) -> Result<Cidr, Fault> {
    let cidr = block::read_ipv6(text)?;
    if !(44..=64).contains(&cidr.prefix_len()) || cidr.prefix_len() % 4 != 0 {
        let text = format!("invalid value for parameter ipv6-cidr-block: {text}");
        return Err(Fault::new("InvalidParameterValue", text));
    }
    Ok(cidr)
}

/// Makes the association of a block that is in the VPC and that no other subnet has.
pub(super) fn association(
    call: &Call<'_>,
    vpc: &Vpc,
    cidr: Cidr,
) -> Result<Ipv6Association, Fault> {
    let mut pool = None;
    for around in &vpc.ipv6_cidrs {
        if block::stored(&around.cidr)?.covers(cidr) {
            pool = Some(around.pool.clone());
        }
    }
    let Some(pool) = pool else {
        let text = format!("The IPv6 CIDR '{cidr}' is invalid.");
        return Err(Fault::new("InvalidSubnet.Range", text));
    };
    for neighbour in call.list::<Subnet>()?.iter().filter_map(|subnet| subnet.ipv6.as_ref()) {
        if block::overlap(block::stored(&neighbour.cidr)?, cidr) {
            let text = format!("The IPv6 CIDR '{cidr}' conflicts with another subnet");
            return Err(Fault::new("InvalidSubnet.Conflict", text));
        }
    }
    Ok(Ipv6Association { id: call.new_id("subnet-cidr-assoc"), cidr: cidr.to_string(), pool })
}

/// The association of a subnet as answers print it.
pub(super) fn printed(
    association: &Ipv6Association,
    state: &str,
) -> shapes::SubnetIpv6CidrBlockAssociation {
    shapes::SubnetIpv6CidrBlockAssociation {
        association_id: association.id.clone(),
        ipv6_cidr_block: association.cidr.clone(),
        ipv6_cidr_block_state: shapes::CidrBlockState { state: state.to_owned() },
        ipv6_address_attribute: ipv6::attribute(association).to_owned(),
        ip_source: ipv6::source(association).to_owned(),
    }
}
