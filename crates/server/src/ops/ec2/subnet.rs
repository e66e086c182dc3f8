//! Subnets.

mod addresses;
mod attribute;
mod describe;
mod ipv6_addresses;
mod ipv6_block;
mod reserved;
#[cfg(test)]
mod tests;

use flowlogd_aws::Fault;
use flowlogd_aws::ec2::{CreateSubnetRequest, CreateSubnetResponse, DeleteSubnetRequest, shapes};
use flowlogd_vpc::Cidr;

use super::identifier::{SUBNET, VPC};
use super::unsupported::refuse;
use super::vpc::parts::{self, Site};
use super::{block, tagging, zone};
use crate::call::Call;
use crate::ids;
use crate::model::{AclAssociation, Interface, NetworkAcl, RouteTable, Subnet, Vpc};
pub(super) use addresses::Addresses;
pub(super) use attribute::modify as modify_attribute;
pub(super) use describe::describe;
pub(super) use ipv6_addresses::Ipv6Addresses;
pub(super) use ipv6_block::{associate as associate_block, disassociate as disassociate_block};

/// Makes a subnet under the default network ACL of its VPC.
pub(super) fn create(
    call: &Call<'_>,
    request: CreateSubnetRequest,
) -> Result<CreateSubnetResponse, Fault> {
    let tags = tagging::specified(&request.tag_specifications, "subnet", "InvalidParameter")?;
    call.authorize_making(&call.ec2_arn("subnet", "*"), &tags)?;
    call.authorize("ec2:CreateSubnet", &call.ec2_arn("vpc", &request.vpc_id))?;
    VPC.check(&request.vpc_id)?;
    check_supported(&request)?;
    let zone = zone_of(call, &request)?;
    let text = request.cidr_block.ok_or_else(|| {
        Fault::new("MissingParameter", "Either 'cidrBlock' or 'ipv4IpamPoolId' should be provided.")
    })?;
    let cidr = block::read(&text)?;
    let ipv6 = request.ipv6_cidr_block.as_deref().map(ipv6_block::size_checked).transpose()?;
    call.dry_run(request.dry_run)?;

    let vpc: Vpc = call.get(&request.vpc_id)?.ok_or_else(|| VPC.missing(&request.vpc_id))?;
    check_room(call, &vpc, cidr, &text)?;
    let ipv6 = ipv6.map(|cidr| ipv6_block::association(call, &vpc, cidr)).transpose()?;
    let subnet = Subnet {
        id: call.new_id("subnet"),
        vpc_id: vpc.id,
        cidr: cidr.to_string(),
        ipv6,
        assign_ipv6_on_creation: false,
        zone,
        default_for_zone: false,
        map_public_ip_on_launch: false,
        tags,
    };
    let place = call.place();
    store(Site::of(call, &place), &subnet)?;
    let available = Addresses::of(&subnet)?.available(&[]);
    Ok(CreateSubnetResponse { subnet: printed(call, &subnet, available, "associating") })
}

/// Stores a new subnet and puts it under its VPC's default network ACL.
pub(super) fn store(site: Site<'_>, subnet: &Subnet) -> Result<(), Fault> {
    let mut acl = parts::default_acl(site, &subnet.vpc_id)?;
    acl.associations
        .push(AclAssociation { id: ids::resource("aclassoc"), subnet_id: subnet.id.clone() });
    site.put(&acl)?;
    site.put(subnet)?;
    Ok(())
}

/// Deletes a subnet in which no interface is left.
pub(super) fn delete(call: &Call<'_>, request: DeleteSubnetRequest) -> Result<(), Fault> {
    let DeleteSubnetRequest { subnet_id, dry_run } = request;
    call.authorize("ec2:DeleteSubnet", &call.ec2_arn("subnet", &subnet_id))?;
    SUBNET.check(&subnet_id)?;
    call.dry_run(dry_run)?;

    call.get::<Subnet>(&subnet_id)?.ok_or_else(|| SUBNET.missing(&subnet_id))?;
    if call.txn.has_by::<Interface>(&call.place(), "subnet_id", &subnet_id)? {
        return Err(Fault::new(
            "DependencyViolation",
            format!("The subnet '{subnet_id}' has dependencies and cannot be deleted."),
        ));
    }
    for mut acl in call.list::<NetworkAcl>()? {
        let before = acl.associations.len();
        acl.associations.retain(|association| association.subnet_id != subnet_id);
        if acl.associations.len() != before {
            call.put(&acl)?;
        }
    }
    for mut table in call.list::<RouteTable>()? {
        let before = table.associations.len();
        table.associations.retain(|association| association.subnet_id != subnet_id);
        if table.associations.len() != before {
            call.put(&table)?;
        }
    }
    call.delete::<Subnet>(&subnet_id)?;
    Ok(())
}

/// A subnet as answers print it.
fn printed(call: &Call<'_>, subnet: &Subnet, available: i64, ipv6_state: &str) -> shapes::Subnet {
    shapes::Subnet {
        subnet_id: subnet.id.clone(),
        subnet_arn: call.ec2_arn("subnet", &subnet.id),
        vpc_id: subnet.vpc_id.clone(),
        state: "available".to_owned(),
        cidr_block: subnet.cidr.clone(),
        available_ip_address_count: available,
        availability_zone: subnet.zone.clone(),
        availability_zone_id: zone::id_of(call.region(), &subnet.zone),
        default_for_az: subnet.default_for_zone,
        map_public_ip_on_launch: subnet.map_public_ip_on_launch,
        map_customer_owned_ip_on_launch: false,
        assign_ipv6_address_on_creation: subnet.assign_ipv6_on_creation,
        ipv6_cidr_block_association_set: subnet
            .ipv6
            .iter()
            .map(|association| ipv6_block::printed(association, ipv6_state))
            .collect(),
        enable_dns64: false,
        ipv6_native: false,
        private_dns_name_options_on_launch: shapes::PrivateDnsNameOptions {
            hostname_type: "ip-name".to_owned(),
            enable_resource_name_dns_a_record: false,
            enable_resource_name_dns_aaaa_record: false,
        },
        owner_id: call.account().to_owned(),
        tag_set: tagging::printed(&subnet.tags),
    }
}

/// Refuses a block that is not in the VPC, that others have, or one too many (`vpc-filtering.md` §11.2).
fn check_room(call: &Call<'_>, vpc: &Vpc, cidr: Cidr, text: &str) -> Result<(), Fault> {
    let mut is_inside = false;
    for association in &vpc.cidrs {
        is_inside |= block::stored(&association.cidr)?.covers(cidr);
    }
    if !is_inside || !(16..=28).contains(&cidr.prefix_len()) {
        return Err(Fault::new("InvalidSubnet.Range", format!("The CIDR '{text}' is invalid.")));
    }
    let neighbours: Vec<Subnet> =
        call.list::<Subnet>()?.into_iter().filter(|subnet| subnet.vpc_id == vpc.id).collect();
    for neighbour in &neighbours {
        if block::overlap(block::stored(&neighbour.cidr)?, cidr) {
            return Err(Fault::new(
                "InvalidSubnet.Conflict",
                format!("The CIDR '{text}' conflicts with another subnet"),
            ));
        }
    }
    if neighbours.len() >= call.config.quotas.subnets_per_vpc {
        return Err(Fault::new(
            "SubnetLimitExceeded",
            "The maximum number of subnets has been reached.",
        ));
    }
    Ok(())
}

/// Returns the name of the zone that was asked for; where none was, the first.
fn zone_of(call: &Call<'_>, request: &CreateSubnetRequest) -> Result<String, Fault> {
    let zones = zone::of(call.region());
    let (parameter, wanted, found) =
        match (&request.availability_zone, &request.availability_zone_id) {
            (Some(_), Some(_)) => {
                return Err(Fault::new(
                    "InvalidParameterCombination",
                    "Only one of AvailabilityZone and AvailabilityZoneId can be specified.",
                ));
            }
            (Some(name), None) => {
                ("availabilityZone", name.as_str(), zones.iter().find(|zone| zone.name == *name))
            }
            (None, Some(id)) => {
                ("availabilityZoneId", id.as_str(), zones.iter().find(|zone| zone.id == *id))
            }
            (None, None) => ("availabilityZone", "", zones.first()),
        };
    if let Some(zone) = found {
        return Ok(zone.name.clone());
    }
    let names: Vec<&str> = zones.iter().map(|zone| zone.name.as_str()).collect();
    Err(Fault::new(
        "InvalidParameterValue",
        format!(
            "Value ({wanted}) for parameter {parameter} is invalid. Subnets can currently only be created in the following availability zones: {}.",
            names.join(", ")
        ),
    ))
}

fn check_supported(request: &CreateSubnetRequest) -> Result<(), Fault> {
    refuse(&[
        ("Ipv6Native", request.ipv6_native == Some(true)),
        ("OutpostArn", request.outpost_arn.is_some()),
        ("Ipv4IpamPoolId", request.ipv4_ipam_pool_id.is_some()),
        ("Ipv4NetmaskLength", request.ipv4_netmask_length.is_some()),
        ("Ipv6IpamPoolId", request.ipv6_ipam_pool_id.is_some()),
        ("Ipv6NetmaskLength", request.ipv6_netmask_length.is_some()),
    ])
}
