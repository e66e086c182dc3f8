//! Route tables: those that VPCs come with, to be read only.

#[cfg(test)]
mod tests;

use flowlogd_aws::Fault;
use flowlogd_aws::ec2::shapes::{AssociationState, Route, RouteTable, RouteTableAssociation};
use flowlogd_aws::ec2::{DescribeRouteTablesRequest, DescribeRouteTablesResponse};

use super::filter_table::{FilterTable, none};
use super::identifier::Kind;
use super::page::page;
use super::tagging;
use crate::call::Call;
use crate::model;

const ROUTE_TABLE: Kind = Kind {
    prefix: "rtb",
    malformed: "InvalidRouteTableId.Malformed",
    not_found: "InvalidRouteTableID.NotFound",
    noun: "routeTable ID",
};

const FILTERS: FilterTable<RouteTable> = FilterTable(&[
    ("association.gateway-id", none),
    ("association.main", |table| {
        table.association_set.iter().map(|it| it.main.to_string()).collect()
    }),
    ("association.route-table-association-id", |table| {
        table.association_set.iter().map(|it| it.route_table_association_id.clone()).collect()
    }),
    ("association.route-table-id", |table| {
        table.association_set.iter().map(|it| it.route_table_id.clone()).collect()
    }),
    ("association.subnet-id", none),
    ("owner-id", |table| vec![table.owner_id.clone()]),
    ("route.destination-cidr-block", |table| {
        table.route_set.iter().filter_map(|it| it.destination_cidr_block.clone()).collect()
    }),
    ("route.destination-ipv6-cidr-block", |table| {
        table.route_set.iter().filter_map(|it| it.destination_ipv6_cidr_block.clone()).collect()
    }),
    ("route.destination-prefix-list-id", none),
    ("route.egress-only-internet-gateway-id", none),
    ("route.gateway-id", |table| routes(table, |it| &it.gateway_id)),
    ("route.instance-id", none),
    ("route.nat-gateway-id", none),
    ("route.origin", |table| routes(table, |it| &it.origin)),
    ("route.state", |table| routes(table, |it| &it.state)),
    ("route.transit-gateway-id", none),
    ("route.vpc-peering-connection-id", none),
    ("route-table-id", |table| vec![table.route_table_id.clone()]),
    ("vpc-id", |table| vec![table.vpc_id.clone()]),
]);

/// Lists route tables.
pub(super) fn describe(
    call: &Call<'_>,
    request: DescribeRouteTablesRequest,
) -> Result<DescribeRouteTablesResponse, Fault> {
    let DescribeRouteTablesRequest { route_table_ids, filters, max_results, next_token, dry_run } =
        request;
    call.authorize("ec2:DescribeRouteTables", "*")?;
    FILTERS.check(&filters)?;
    call.dry_run(dry_run)?;

    let tables =
        ROUTE_TABLE.select(call.list::<model::RouteTable>()?, &route_table_ids, |it| &it.id)?;
    let found = tables
        .iter()
        .map(|table| (table, printed(call, table)))
        .filter(|(table, printed)| FILTERS.matches(&filters, &table.tags, printed))
        .map(|(_, printed)| printed)
        .collect();
    let (route_table_set, next_token) =
        page(found, |it: &RouteTable| &it.route_table_id, max_results, next_token.as_deref())?;
    Ok(DescribeRouteTablesResponse { route_table_set, next_token })
}

fn printed(call: &Call<'_>, table: &model::RouteTable) -> RouteTable {
    RouteTable {
        route_table_id: table.id.clone(),
        vpc_id: table.vpc_id.clone(),
        owner_id: call.account().to_owned(),
        route_set: table.routes.iter().map(printed_route).collect(),
        association_set: vec![RouteTableAssociation {
            route_table_association_id: table.main_association_id.clone(),
            route_table_id: table.id.clone(),
            main: true,
            association_state: AssociationState { state: "associated".to_owned() },
        }],
        tag_set: tagging::printed(&table.tags),
    }
}

fn printed_route(route: &model::Route) -> Route {
    let origin = if route.gateway_id == "local" { "CreateRouteTable" } else { "CreateRoute" };
    let is_v6 = route.destination.contains(':');
    Route {
        destination_cidr_block: (!is_v6).then(|| route.destination.clone()),
        destination_ipv6_cidr_block: is_v6.then(|| route.destination.clone()),
        gateway_id: route.gateway_id.clone(),
        state: "active".to_owned(),
        origin: origin.to_owned(),
    }
}

fn routes(table: &RouteTable, member: fn(&Route) -> &String) -> Vec<String> {
    table.route_set.iter().map(|route| member(route).clone()).collect()
}
