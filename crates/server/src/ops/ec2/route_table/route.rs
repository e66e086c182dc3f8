//! The routes of a table.

use std::net::IpAddr;

use flowlogd_aws::Fault;
use flowlogd_aws::ec2::shapes::Unsupported;
use flowlogd_aws::ec2::{
    CreateRouteRequest, CreateRouteResponse, DeleteRouteRequest, ReplaceRouteRequest,
};
use flowlogd_vpc::Cidr;

use super::super::block;
use super::super::unsupported::refuse;
use super::target::Wanted;
use super::{TABLE, authorized};
use crate::call::Call;
use crate::model::{Route, RouteTable};

/// Adds a route.
#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(in crate::ops::ec2) fn create(
    call: &Call<'_>,
    request: CreateRouteRequest,
) -> Result<CreateRouteResponse, Fault> {
    let table = authorized(call, &request.route_table_id)?;
    let destination = destination(
        request.destination_cidr_block.as_deref(),
        request.destination_ipv6_cidr_block.as_deref(),
        request.destination_prefix_list_id.as_ref(),
    )?;
    let wanted = Wanted::read(&request)?;
    call.dry_run(request.dry_run)?;

    let mut table = table.ok_or_else(|| TABLE.missing(&request.route_table_id))?;
    let text = destination.to_string();
    if table.routes.iter().any(|route| route.destination == text && !route.is_local()) {
        let text = format!("The route identified by {text} already exists.");
        return Err(Fault::new("RouteAlreadyExists", text));
    }
    check_target(&table, destination, &wanted)?;
    let added = table.routes.iter().filter(|route| !route.is_local()).count();
    if added >= call.config.quotas.routes_per_route_table {
        return Err(Fault::new(
            "RouteLimitExceeded",
            "The maximum number of routes has been reached.",
        ));
    }
    let target = wanted.find(call, &table)?;
    table.routes.push(Route { destination: text, target });
    call.put(&table)?;
    Ok(CreateRouteResponse { r#return: true })
}

/// Leads a route elsewhere.
pub(in crate::ops::ec2) fn replace(
    call: &Call<'_>,
    request: ReplaceRouteRequest,
) -> Result<(), Fault> {
    let table = authorized(call, &request.route_table_id)?;
    // What a local route leads to is never changed here, so there is nothing to bring back.
    refuse(&[("LocalTarget", request.local_target == Some(true))])?;
    let request = CreateRouteRequest {
        route_table_id: request.route_table_id,
        destination_cidr_block: request.destination_cidr_block,
        destination_ipv6_cidr_block: request.destination_ipv6_cidr_block,
        destination_prefix_list_id: request.destination_prefix_list_id,
        gateway_id: request.gateway_id,
        nat_gateway_id: request.nat_gateway_id,
        network_interface_id: request.network_interface_id,
        instance_id: request.instance_id,
        vpc_peering_connection_id: request.vpc_peering_connection_id,
        egress_only_internet_gateway_id: request.egress_only_internet_gateway_id,
        vpc_endpoint_id: request.vpc_endpoint_id,
        transit_gateway_id: request.transit_gateway_id,
        local_gateway_id: request.local_gateway_id,
        carrier_gateway_id: request.carrier_gateway_id,
        core_network_arn: request.core_network_arn,
        odb_network_arn: request.odb_network_arn,
        dry_run: request.dry_run,
    };
    let destination = destination(
        request.destination_cidr_block.as_deref(),
        request.destination_ipv6_cidr_block.as_deref(),
        request.destination_prefix_list_id.as_ref(),
    )?;
    let wanted = Wanted::read(&request)?;
    call.dry_run(request.dry_run)?;

    let mut table = table.ok_or_else(|| TABLE.missing(&request.route_table_id))?;
    check_target(&table, destination, &wanted)?;
    let place = place(&table, destination)?;
    let target = wanted.find(call, &table)?;
    if let Some(route) = table.routes.get_mut(place) {
        route.target = target;
    }
    call.put(&table)?;
    Ok(())
}

/// Takes a route away.
#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(in crate::ops::ec2) fn delete(
    call: &Call<'_>,
    request: DeleteRouteRequest,
) -> Result<(), Fault> {
    let id = &request.route_table_id;
    let table = authorized(call, id)?;
    let destination = destination(
        request.destination_cidr_block.as_deref(),
        request.destination_ipv6_cidr_block.as_deref(),
        request.destination_prefix_list_id.as_ref(),
    )?;
    call.dry_run(request.dry_run)?;

    let mut table = table.ok_or_else(|| TABLE.missing(id))?;
    match place(&table, destination) {
        Ok(place) => table.routes.remove(place),
        Err(_) if table.routes.iter().any(|it| it.destination == destination.to_string()) => {
            let text = format!("cannot remove local route {destination} in route table {id}");
            return Err(Fault::new("InvalidParameterValue", text));
        }
        Err(fault) => return Err(fault),
    };
    call.put(&table)?;
    Ok(())
}

/// Reads where a route goes to, one of three parameters.
fn destination(
    ipv4: Option<&str>,
    ipv6: Option<&str>,
    prefix_list: Option<&Unsupported>,
) -> Result<Cidr, Fault> {
    refuse(&[("DestinationPrefixListId", prefix_list.is_some())])?;
    match (ipv4, ipv6) {
        (Some(text), None) => block::read_as("destinationCidrBlock", text, IpAddr::is_ipv4),
        (None, Some(text)) => block::read_as("destinationIpv6CidrBlock", text, IpAddr::is_ipv6),
        (None, None) => Err(Fault::new(
            "MissingParameter",
            "The request must contain the parameter destinationCidrBlock or destinationIpv6CidrBlock",
        )),
        (Some(_), Some(_)) => Err(Fault::new(
            "InvalidParameterCombination",
            "Only one of destinationCidrBlock and destinationIpv6CidrBlock can be specified",
        )),
    }
}

/// To a part of the VPC, or to all of it, leads only what is in it.
fn check_target(table: &RouteTable, destination: Cidr, wanted: &Wanted) -> Result<(), Fault> {
    if wanted.is_inside() {
        return Ok(());
    }
    for local in table.routes.iter().filter(|route| route.is_local()) {
        if block::stored(&local.destination)?.covers(destination) {
            return Err(Fault::new(
                "InvalidParameterValue",
                "Route target is not supported. This route only supports interface and instance targets.",
            ));
        }
    }
    Ok(())
}

/// Returns the place of a route that somebody has made.
fn place(table: &RouteTable, destination: Cidr) -> Result<usize, Fault> {
    let text = destination.to_string();
    let is_it = |route: &Route| route.destination == text && !route.is_local();
    table.routes.iter().position(is_it).ok_or_else(|| {
        let name = if destination.address().is_ipv4() {
            "destination-cidr-block"
        } else {
            "destination-ipv6-cidr-block"
        };
        Fault::new(
            "InvalidRoute.NotFound",
            format!("no route with {name} {text} in route table {}", table.id),
        )
    })
}
