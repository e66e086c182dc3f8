//! Route tables.

use std::net::IpAddr;

use super::resolve::{Claim, Resolver};
use crate::Cidr;
use crate::describe::{Destination, RouteTableItem, shown};

/// A route table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteTable {
    /// `rtb-…`.
    pub id: String,
    /// Active routes.
    pub routes: Vec<Route>,
}

/// A route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Destination.
    pub destination: Cidr,
    /// Where it leads.
    pub target: RouteTarget,
}

/// Where a route leads, as far as `traffic-path` tells targets apart (`flow-logs.md` §4.9).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RouteTarget {
    /// `local`, an interface, an instance, a NAT or transit gateway, an interface endpoint: in the VPC.
    InVpc,
    /// `igw-…`, `eigw-…`.
    InternetGateway,
    /// `vgw-…`.
    VirtualPrivateGateway,
    /// `pcx-…`.
    Peering(String),
    /// `lgw-…`, `cagw-…`.
    LocalGateway,
    /// `vpce-…` of a gateway endpoint.
    GatewayEndpoint,
    /// Anything else.
    Other,
}

impl RouteTable {
    /// Returns the route that traffic to `address` takes: the one with the longest prefix.
    pub fn route_to(&self, address: IpAddr) -> Option<&Route> {
        self.routes
            .iter()
            .filter(|route| route.destination.contains(address))
            .max_by_key(|route| route.destination.prefix_len())
    }
}

impl Resolver<'_> {
    pub(super) fn route_tables(&self) -> Vec<RouteTable> {
        self.document.route_tables.iter().flatten().map(|item| self.route_table(item)).collect()
    }

    fn route_table(&self, item: &RouteTableItem<'_>) -> RouteTable {
        let mut routes = Vec::new();
        for route in &item.routes {
            let single;
            let destinations = match &route.destination {
                Destination::Cidr(cidr) => {
                    single = [*cidr];
                    single.as_slice()
                }
                Destination::PrefixList(mention) => {
                    self.prefix_list_entries(mention.id).unwrap_or_else(|| {
                        self.findings.note(
                            &mention.path,
                            format_args!(
                                "the file does not say what is in {}: the route is left out",
                                shown(mention.id)
                            ),
                        );
                        &[]
                    })
                }
            };
            routes.extend(
                destinations
                    .iter()
                    .map(|&destination| Route { destination, target: route.target.clone() }),
            );
        }
        RouteTable { id: item.id.to_owned(), routes }
    }

    /// Returns the route table of each subnet.
    pub(super) fn subnet_route_tables(&self) -> Vec<Option<usize>> {
        let claims = self.document.route_tables.iter().flatten().map(|item| Claim {
            id: item.id,
            vpc: item.vpc.as_ref(),
            default: item.main.as_ref(),
            subnets: &item.subnets,
        });
        self.assign(claims, "route table", "main")
    }
}
