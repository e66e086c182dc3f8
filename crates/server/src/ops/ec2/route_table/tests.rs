//! Describing route tables and gateways; making and changing them is in `change_tests`.

mod change_tests;

use super::super::answers::{all, check_filters, check_refusal, refused, text};
use crate::testing::{ACCOUNT, TestDoor};

#[test]
fn every_filter_of_route_tables_and_gateways_finds_what_it_names() {
    let door = TestDoor::new();
    let tables = door.ec2("DescribeRouteTables", &[]).unwrap();
    let gateways = door.ec2("DescribeInternetGateways", &[]).unwrap();
    let table = text(&tables, "routeTableSet.0.routeTableId");
    let association = "routeTableSet.0.associationSet.0.routeTableAssociationId";
    let vpc = text(&tables, "routeTableSet.0.vpcId");
    let gateway = text(&gateways, "internetGatewaySet.0.internetGatewayId");

    let cases = [
        ("association.gateway-id", ""),
        ("association.main", "true"),
        ("association.route-table-association-id", text(&tables, association)),
        ("association.route-table-id", table),
        ("association.subnet-id", ""),
        ("owner-id", ACCOUNT),
        ("route.destination-cidr-block", "0.0.0.0/0"),
        ("route.destination-ipv6-cidr-block", ""),
        ("route.destination-prefix-list-id", ""),
        ("route.egress-only-internet-gateway-id", ""),
        ("route.gateway-id", gateway),
        ("route.instance-id", ""),
        ("route.nat-gateway-id", ""),
        ("route.origin", "CreateRoute"),
        ("route.state", "active"),
        ("route.transit-gateway-id", ""),
        ("route.vpc-peering-connection-id", ""),
        ("route-table-id", table),
        ("vpc-id", vpc),
    ];
    check_filters(&door, "DescribeRouteTables", "routeTableSet", "routeTableId", table, &cases);
    let cases = [
        ("attachment.state", "available"),
        ("attachment.vpc-id", vpc),
        ("internet-gateway-id", gateway),
        ("owner-id", ACCOUNT),
    ];
    let (list, member) = ("internetGatewaySet", "internetGatewayId");
    check_filters(&door, "DescribeInternetGateways", list, member, gateway, &cases);
}

#[test]
fn route_tables_and_gateways_are_found_by_id() {
    let mut door = TestDoor::new();
    let unknown = [
        (
            "DescribeRouteTables",
            "RouteTableId.1",
            "rtb-0123456789abcdef0",
            "InvalidRouteTableID.NotFound",
            "The routeTable ID 'rtb-0123456789abcdef0' does not exist",
        ),
        (
            "DescribeInternetGateways",
            "InternetGatewayId.1",
            "igw-0123456789abcdef0",
            "InvalidInternetGatewayID.NotFound",
            "The internetGateway ID 'igw-0123456789abcdef0' does not exist",
        ),
    ];
    for (action, name, id, code, message) in unknown {
        refused(door.ec2(action, &[(name, id)]), code, message);
        check_refusal(&mut door, action, &[], None);
    }
    let id = text(&door.ec2("DescribeRouteTables", &[]).unwrap(), "routeTableSet.0.routeTableId")
        .to_owned();
    let found = door.ec2("DescribeRouteTables", &[("RouteTableId.1", &id)]).unwrap();
    assert_eq!(all(&found, "routeTableSet", "routeTableId"), [id]);
}
