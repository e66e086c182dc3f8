//! Where a route is to lead, as requests say it.

use flowlogd_aws::Fault;
use flowlogd_aws::ec2::CreateRouteRequest;

use super::super::identifier::{INTERFACE, Kind, PEERING};
use super::super::instance::INSTANCE;
use super::super::internet_gateway::GATEWAY;
use super::super::peering;
use super::super::unsupported::refuse;
use crate::call::Call;
use crate::model::{Interface, InternetGateway, PeeringStatus, RouteTable, RouteTarget};

const NAT_GATEWAY: Kind = Kind {
    prefix: "nat",
    malformed: "InvalidNatGatewayID.Malformed",
    not_found: "InvalidNatGatewayID.NotFound",
    noun: "natGateway ID",
};
/// The one target that a request names.
#[derive(Debug)]
pub(super) enum Wanted {
    Gateway(String),
    NatGateway(String),
    Interface(String),
    Instance(String),
    Peering(String),
}

impl Wanted {
    /// Reads the parameters; exactly one target is named.
    pub(super) fn read(request: &CreateRouteRequest) -> Result<Self, Fault> {
        refuse(&[
            ("EgressOnlyInternetGatewayId", request.egress_only_internet_gateway_id.is_some()),
            ("VpcEndpointId", request.vpc_endpoint_id.is_some()),
            ("TransitGatewayId", request.transit_gateway_id.is_some()),
            ("LocalGatewayId", request.local_gateway_id.is_some()),
            ("CarrierGatewayId", request.carrier_gateway_id.is_some()),
            ("CoreNetworkArn", request.core_network_arn.is_some()),
            ("OdbNetworkArn", request.odb_network_arn.is_some()),
        ])?;
        let named = [
            request.gateway_id.clone().map(Self::Gateway),
            request.nat_gateway_id.clone().map(Self::NatGateway),
            request.network_interface_id.clone().map(Self::Interface),
            request.instance_id.clone().map(Self::Instance),
            request.vpc_peering_connection_id.clone().map(Self::Peering),
        ];
        let mut named = named.into_iter().flatten();
        match (named.next(), named.next()) {
            (Some(target), None) => {
                target.check()?;
                Ok(target)
            }
            (None, _) => Err(Fault::new(
                "MissingParameter",
                "The request must contain exactly one of gatewayId, natGatewayId, networkInterfaceId, vpcPeeringConnectionId or instanceId",
            )),
            (Some(_), Some(_)) => Err(Fault::new(
                "InvalidParameterCombination",
                "Only one of gatewayId, natGatewayId, networkInterfaceId, vpcPeeringConnectionId or instanceId can be specified",
            )),
        }
    }

    fn check(&self) -> Result<(), Fault> {
        match self {
            Self::Gateway(id) => GATEWAY.check(id),
            Self::NatGateway(id) => NAT_GATEWAY.check(id),
            Self::Interface(id) => INTERFACE.check(id),
            Self::Instance(id) => INSTANCE.check(id),
            Self::Peering(id) => PEERING.check(id),
        }
    }

    /// Whether it is what a route to a part of the VPC may lead to.
    pub(super) const fn is_inside(&self) -> bool {
        matches!(self, Self::Interface(_) | Self::Instance(_))
    }

    /// Looks the target up: it is in the table's VPC, or attached to it.
    pub(super) fn find(self, call: &Call<'_>, table: &RouteTable) -> Result<RouteTarget, Fault> {
        match self {
            Self::Gateway(id) => {
                let gateway: InternetGateway =
                    call.get(&id)?.ok_or_else(|| GATEWAY.missing(&id))?;
                if gateway.vpc_id.as_ref() != Some(&table.vpc_id) {
                    return Err(Fault::new(
                        "InvalidParameterValue",
                        format!(
                            "route table {} and network gateway {id} belong to different networks",
                            table.id
                        ),
                    ));
                }
                Ok(RouteTarget::Gateway(id))
            }
            Self::Interface(id) => {
                let interface: Interface = call.get(&id)?.ok_or_else(|| INTERFACE.missing(&id))?;
                of_interface(interface, table)
            }
            Self::Instance(id) => {
                let mut all = call.list::<Interface>()?.into_iter();
                let primary = all.find(|interface| {
                    interface
                        .attachment
                        .as_ref()
                        .is_some_and(|it| it.instance_id == id && it.device_index == 0)
                });
                of_interface(primary.ok_or_else(|| INSTANCE.missing(&id))?, table)
            }
            Self::NatGateway(id) => Err(NAT_GATEWAY.missing(&id)),
            Self::Peering(id) => {
                let found = peering::get(call, &id)?.ok_or_else(|| PEERING.missing(&id))?;
                if found.status != PeeringStatus::Active || found.beyond(&table.vpc_id).is_none() {
                    return Err(Fault::new(
                        "InvalidParameterValue",
                        format!(
                            "vpc peering connection {id} is not active, or not one of the VPC of route table {}",
                            table.id
                        ),
                    ));
                }
                Ok(RouteTarget::VpcPeeringConnection(id))
            }
        }
    }
}

fn of_interface(interface: Interface, table: &RouteTable) -> Result<RouteTarget, Fault> {
    if interface.vpc_id != table.vpc_id {
        return Err(Fault::new(
            "InvalidParameterValue",
            format!(
                "route table {} and interface {} belong to different networks",
                table.id, interface.id
            ),
        ));
    }
    Ok(RouteTarget::NetworkInterface(interface.id))
}
