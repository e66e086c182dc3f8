//! Which table a subnet has; one that has none of its own has the VPC's main one.

use flowlogd_aws::Fault;
use flowlogd_aws::ec2::shapes::AssociationState;
use flowlogd_aws::ec2::{
    AssociateRouteTableRequest, AssociateRouteTableResponse, DisassociateRouteTableRequest,
    ReplaceRouteTableAssociationRequest, ReplaceRouteTableAssociationResponse,
};

use super::super::identifier::{Kind, SUBNET};
use super::super::unsupported::refuse;
use super::{TABLE, authorized};
use crate::call::Call;
use crate::model::{RouteTable, Subnet, SubnetAssociation};

const ASSOCIATION: Kind = Kind {
    prefix: "rtbassoc",
    malformed: "InvalidRouteTableAssociationId.Malformed",
    not_found: "InvalidAssociationID.NotFound",
    noun: "association ID",
};

/// Gives a subnet a table of its own.
pub(in crate::ops::ec2) fn associate(
    call: &Call<'_>,
    request: AssociateRouteTableRequest,
) -> Result<AssociateRouteTableResponse, Fault> {
    let AssociateRouteTableRequest {
        route_table_id,
        subnet_id,
        gateway_id,
        public_ipv4_pool,
        dry_run,
    } = request;
    let table = authorized(call, &route_table_id)?;
    if let Some(subnet_id) = &subnet_id {
        call.authorize("ec2:AssociateRouteTable", &call.ec2_arn("subnet", subnet_id))?;
    }
    refuse(&[("GatewayId", gateway_id.is_some()), ("PublicIpv4Pool", public_ipv4_pool.is_some())])?;
    let subnet_id = subnet_id.ok_or_else(|| {
        Fault::new("MissingParameter", "The request must contain the parameter subnetId")
    })?;
    SUBNET.check(&subnet_id)?;
    call.dry_run(dry_run)?;

    let mut table = table.ok_or_else(|| TABLE.missing(&route_table_id))?;
    let subnet: Subnet = call.get(&subnet_id)?.ok_or_else(|| SUBNET.missing(&subnet_id))?;
    if subnet.vpc_id != table.vpc_id {
        return Err(apart(&table.id, &subnet_id));
    }
    let all: Vec<RouteTable> = call.list()?;
    let has_one = |it: &RouteTable| it.associations.iter().any(|it| it.subnet_id == subnet_id);
    // Once more with the same table changes nothing.
    if let Some(association) = table.associations.iter().find(|it| it.subnet_id == subnet_id) {
        let association_id = association.id.clone();
        return Ok(AssociateRouteTableResponse { association_id, association_state: associated() });
    }
    if all.iter().any(has_one) {
        return Err(Fault::new(
            "Resource.AlreadyAssociated",
            format!(
                "the specified association for route table {route_table_id} conflicts with an existing association"
            ),
        ));
    }
    let association = SubnetAssociation { id: call.new_id("rtbassoc"), subnet_id };
    let association_id = association.id.clone();
    table.associations.push(association);
    call.put(&table)?;
    Ok(AssociateRouteTableResponse { association_id, association_state: associated() })
}

/// Gives a subnet back to the main table.
pub(in crate::ops::ec2) fn disassociate(
    call: &Call<'_>,
    request: DisassociateRouteTableRequest,
) -> Result<(), Fault> {
    let DisassociateRouteTableRequest { association_id: id, dry_run } = request;
    let found = find(call, &id)?;
    // Permission is asked for the table, which the request does not name.
    authorized(call, found.as_ref().map_or("*", |table| &table.id)).or_else(unknown_table)?;
    ASSOCIATION.check(&id)?;
    call.dry_run(dry_run)?;

    let mut table = found.ok_or_else(|| ASSOCIATION.missing(&id))?;
    if table.main_association_id.as_ref() == Some(&id) {
        let text = format!("cannot disassociate the main route table association {id}");
        return Err(Fault::new("InvalidParameterValue", text));
    }
    table.associations.retain(|association| association.id != id);
    call.put(&table)?;
    Ok(())
}

/// Gives a subnet, or with its main association a VPC, another table; the association is a new one.
pub(in crate::ops::ec2) fn replace(
    call: &Call<'_>,
    request: ReplaceRouteTableAssociationRequest,
) -> Result<ReplaceRouteTableAssociationResponse, Fault> {
    let ReplaceRouteTableAssociationRequest { association_id: id, route_table_id, dry_run } =
        request;
    let table = authorized(call, &route_table_id)?;
    let found = find(call, &id)?;
    authorized(call, found.as_ref().map_or("*", |table| &table.id)).or_else(unknown_table)?;
    ASSOCIATION.check(&id)?;
    call.dry_run(dry_run)?;

    let table = table.ok_or_else(|| TABLE.missing(&route_table_id))?;
    let mut old = found.ok_or_else(|| ASSOCIATION.missing(&id))?;
    if old.vpc_id != table.vpc_id {
        return Err(apart(&table.id, &id));
    }
    let new_association_id = call.new_id("rtbassoc");
    let is_main = old.main_association_id.as_ref() == Some(&id);
    let subnet_id = old
        .associations
        .iter()
        .find(|association| association.id == id)
        .map(|association| association.subnet_id.clone());
    if is_main {
        old.main_association_id = None;
    }
    old.associations.retain(|association| association.id != id);
    call.put(&old)?;
    // It may be the same one.
    let mut new = call.get::<RouteTable>(&table.id)?.unwrap_or(table);
    if is_main {
        new.main_association_id = Some(new_association_id.clone());
    }
    let id = new_association_id.clone();
    new.associations.extend(subnet_id.map(|subnet_id| SubnetAssociation { id, subnet_id }));
    call.put(&new)?;
    Ok(ReplaceRouteTableAssociationResponse { new_association_id, association_state: associated() })
}

/// Returns the table that has an association.
fn find(call: &Call<'_>, id: &str) -> Result<Option<RouteTable>, Fault> {
    let all: Vec<RouteTable> = call.list()?;
    Ok(all.into_iter().find(|table| {
        table.main_association_id.as_deref() == Some(id)
            || table.associations.iter().any(|association| association.id == id)
    }))
}

/// The table of an association that there is not has no id that could be checked.
fn unknown_table(fault: Fault) -> Result<Option<RouteTable>, Fault> {
    if fault.code == TABLE.malformed { Ok(None) } else { Err(fault) }
}

fn associated() -> AssociationState {
    AssociationState { state: "associated".to_owned() }
}

fn apart(table: &str, other: &str) -> Fault {
    let text = format!("route table {table} and {other} belong to different networks");
    Fault::new("InvalidParameterValue", text)
}
