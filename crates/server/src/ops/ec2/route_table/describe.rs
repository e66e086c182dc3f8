//! `DescribeRouteTables`.

use flowlogd_aws::Fault;
use flowlogd_aws::ec2::shapes::{AssociationState, Route, RouteTable, RouteTableAssociation};
use flowlogd_aws::ec2::{DescribeRouteTablesRequest, DescribeRouteTablesResponse};

use super::super::filter_table::{FilterTable, none};
use super::super::page::page;
use super::super::tagging;
use super::{RouteTargets, TABLE};
use crate::call::Call;
use crate::model::{self, RouteTarget};

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
    ("association.subnet-id", |table| {
        table.association_set.iter().filter_map(|it| it.subnet_id.clone()).collect()
    }),
    ("owner-id", |table| vec![table.owner_id.clone()]),
    ("route.destination-cidr-block", |table| {
        table.route_set.iter().filter_map(|it| it.destination_cidr_block.clone()).collect()
    }),
    ("route.destination-ipv6-cidr-block", |table| {
        table.route_set.iter().filter_map(|it| it.destination_ipv6_cidr_block.clone()).collect()
    }),
    ("route.destination-prefix-list-id", none),
    ("route.egress-only-internet-gateway-id", none),
    ("route.gateway-id", |table| routes(table, |it| it.gateway_id.clone())),
    ("route.instance-id", |table| routes(table, |it| it.instance_id.clone())),
    ("route.nat-gateway-id", none),
    ("route.origin", |table| routes(table, |it| Some(it.origin.clone()))),
    ("route.state", |table| routes(table, |it| Some(it.state.clone()))),
    ("route.transit-gateway-id", none),
    ("route.vpc-peering-connection-id", |table| {
        routes(table, |it| it.vpc_peering_connection_id.clone())
    }),
    ("route-table-id", |table| vec![table.route_table_id.clone()]),
    ("vpc-id", |table| vec![table.vpc_id.clone()]),
]);

/// Lists route tables.
pub(in crate::ops::ec2) fn describe(
    call: &Call<'_>,
    request: DescribeRouteTablesRequest,
) -> Result<DescribeRouteTablesResponse, Fault> {
    let DescribeRouteTablesRequest { route_table_ids, filters, max_results, next_token, dry_run } =
        request;
    call.authorize("ec2:DescribeRouteTables", "*")?;
    FILTERS.check(&filters)?;
    call.dry_run(dry_run)?;

    let tables = TABLE.select(call.list::<model::RouteTable>()?, &route_table_ids, |it| &it.id)?;
    let targets = RouteTargets::of(call.txn, &call.place())?;
    let found = tables
        .iter()
        .map(|table| (table, targets.printed(call, table)))
        .filter(|(table, printed)| FILTERS.matches(&filters, &table.tags, printed))
        .map(|(_, printed)| printed)
        .collect();
    let (route_table_set, next_token) =
        page(found, |it: &RouteTable| &it.route_table_id, max_results, next_token.as_deref())?;
    Ok(DescribeRouteTablesResponse { route_table_set, next_token })
}

impl RouteTargets {
    pub(super) fn printed(&self, call: &Call<'_>, table: &model::RouteTable) -> RouteTable {
        let association = |id: &str, subnet_id: Option<&str>| RouteTableAssociation {
            route_table_association_id: id.to_owned(),
            route_table_id: table.id.clone(),
            subnet_id: subnet_id.map(ToOwned::to_owned),
            main: subnet_id.is_none(),
            association_state: AssociationState { state: "associated".to_owned() },
        };
        let main = table.main_association_id.iter().map(|id| association(id, None));
        let of_subnets = table.associations.iter();
        let of_subnets = of_subnets.map(|it| association(&it.id, Some(&it.subnet_id)));
        RouteTable {
            route_table_id: table.id.clone(),
            vpc_id: table.vpc_id.clone(),
            owner_id: call.account().to_owned(),
            route_set: table.routes.iter().map(|it| self.route(call, table, it)).collect(),
            association_set: main.chain(of_subnets).collect(),
            tag_set: tagging::printed(&table.tags),
        }
    }

    fn route(&self, call: &Call<'_>, table: &model::RouteTable, route: &model::Route) -> Route {
        let is_v6 = route.destination.contains(':');
        let mut printed = Route {
            destination_cidr_block: (!is_v6).then(|| route.destination.clone()),
            destination_ipv6_cidr_block: is_v6.then(|| route.destination.clone()),
            gateway_id: None,
            network_interface_id: None,
            instance_id: None,
            instance_owner_id: None,
            vpc_peering_connection_id: None,
            state: self.state(table, route).to_owned(),
            origin: if route.is_local() { "CreateRouteTable" } else { "CreateRoute" }.to_owned(),
        };
        match &route.target {
            RouteTarget::Gateway(id) => printed.gateway_id = Some(id.clone()),
            RouteTarget::VpcPeeringConnection(id) => {
                printed.vpc_peering_connection_id = Some(id.clone());
            }
            RouteTarget::NetworkInterface(id) => {
                printed.network_interface_id = Some(id.clone());
                printed.instance_id = self.instance_of(id).cloned();
                printed.instance_owner_id =
                    printed.instance_id.is_some().then(|| call.account().to_owned());
            }
        }
        printed
    }
}

fn routes(table: &RouteTable, member: fn(&Route) -> Option<String>) -> Vec<String> {
    table.route_set.iter().filter_map(member).collect()
}
