//! Making tables, routes and associations.

use flowlogd_aws::Fault;
use flowlogd_aws::codec::Node;
use flowlogd_vpc::RouteTarget;

use super::super::super::answers::{
    all, at, check_refusal, inventory, new_interface, new_ipv6_vpc, new_subnet, new_vpc, refused,
    refused_with, text,
};
use crate::config::{Config, Quotas};
use crate::testing::TestDoor;

/// A VPC `10.0.0.0/16` with a subnet `10.0.8.0/24`, a gateway and a table of its own.
struct Lab {
    door: TestDoor,
    vpc: String,
    subnet: String,
    gateway: String,
    table: String,
}

impl Lab {
    fn new() -> Self {
        Self::with_quotas(Quotas::default())
    }

    fn with_quotas(quotas: Quotas) -> Self {
        let door = TestDoor::with_config(Config { quotas, ..Config::default() });
        let vpc = new_vpc(&door, "10.0.0.0/16");
        let subnet = new_subnet(&door, &vpc, "10.0.8.0/24");
        let gateway = door.ec2("CreateInternetGateway", &[]).unwrap();
        let gateway = text(&gateway, "internetGateway.internetGatewayId").to_owned();
        let attach = [("InternetGatewayId", gateway.as_str()), ("VpcId", vpc.as_str())];
        door.ec2("AttachInternetGateway", &attach).unwrap();
        let table = new_table(&door, &vpc);
        Self { door, vpc, subnet, gateway, table }
    }

    fn on(&self, action: &str, parameters: &[(&str, &str)]) -> Result<Node, Fault> {
        let mut all = vec![("RouteTableId", self.table.as_str())];
        all.extend(parameters);
        self.door.ec2(action, &all)
    }

    fn described(&self, id: &str) -> Node {
        let found = self.door.ec2("DescribeRouteTables", &[("RouteTableId.1", id)]).unwrap();
        at(&found, "routeTableSet.0").unwrap().clone()
    }

    /// The main table of the VPC, and its association.
    fn main(&self) -> (String, String) {
        let filters = [
            ("Filter.1.Name", "vpc-id"),
            ("Filter.1.Value.1", self.vpc.as_str()),
            ("Filter.2.Name", "association.main"),
            ("Filter.2.Value.1", "true"),
        ];
        let found = self.door.ec2("DescribeRouteTables", &filters).unwrap();
        let tables = all(&found, "routeTableSet", "routeTableId");
        assert_eq!(tables.len(), 1);
        let association = "routeTableSet.0.associationSet.0.routeTableAssociationId";
        (tables[0].clone(), text(&found, association).to_owned())
    }

    /// Where the routes of a table lead that the engine is given: those that are active.
    fn routes_of_inventory(&self, table: &str) -> Vec<(String, RouteTarget)> {
        let inventory = inventory(&self.door);
        let table = inventory.route_tables.iter().find(|it| it.id == table).unwrap();
        let routes = table.routes.iter();
        routes.map(|it| (it.destination.to_string(), it.target.clone())).collect()
    }
}

fn new_table(door: &TestDoor, vpc: &str) -> String {
    let made = door.ec2("CreateRouteTable", &[("VpcId", vpc)]).unwrap();
    text(&made, "routeTable.routeTableId").to_owned()
}

#[test]
fn a_new_table_routes_inside_the_vpc_alone() {
    let door = TestDoor::new();
    let vpc = new_ipv6_vpc(&door, "10.0.0.0/16", "fd00:1:2:300::/56");

    let made = door.ec2("CreateRouteTable", &[("VpcId", &vpc), ("ClientToken", "t")]).unwrap();

    assert_eq!(
        made,
        door.ec2("CreateRouteTable", &[("VpcId", &vpc), ("ClientToken", "t")]).unwrap()
    );
    assert_eq!(text(&made, "clientToken"), "t");
    assert_eq!(text(&made, "routeTable.associationSet"), "");
    assert_eq!(all(&made, "routeTable.routeSet", "gatewayId"), ["local", "local"]);
    assert_eq!(all(&made, "routeTable.routeSet", "origin"), ["CreateRouteTable"; 2]);
    assert_eq!(text(&made, "routeTable.routeSet.0.destinationCidrBlock"), "10.0.0.0/16");
    let ipv6 = "routeTable.routeSet.1.destinationIpv6CidrBlock";
    assert_eq!(text(&made, ipv6), "fd00:1:2:300::/56");
}

#[test]
fn routes_are_made_led_elsewhere_and_taken_away() {
    let lab = Lab::new();
    let interface = new_interface(&lab.door, &lab.subnet);
    let anywhere = ("DestinationCidrBlock", "0.0.0.0/0");
    let gateway = ("GatewayId", lab.gateway.as_str());

    let made = lab.on("CreateRoute", &[("DestinationCidrBlock", "0.0.0.5/0"), gateway]).unwrap();

    assert_eq!(text(&made, "return"), "true");
    let table = lab.described(&lab.table);
    assert_eq!(text(&table, "routeSet.1.destinationCidrBlock"), "0.0.0.0/0");
    assert_eq!(text(&table, "routeSet.1.gatewayId"), lab.gateway);
    assert_eq!(text(&table, "routeSet.1.state"), "active");
    refused(
        lab.on("CreateRoute", &[anywhere, gateway]),
        "RouteAlreadyExists",
        "The route identified by 0.0.0.0/0 already exists.",
    );

    let to_interface = [anywhere, ("NetworkInterfaceId", interface.as_str())];
    lab.on("ReplaceRoute", &to_interface).unwrap();

    let table = lab.described(&lab.table);
    assert_eq!(text(&table, "routeSet.1.networkInterfaceId"), interface);
    assert!(at(&table, "routeSet.1.gatewayId").is_none());
    assert_eq!(text(&table, "routeSet.1.state"), "blackhole", "it is attached to nothing");
    let instance = "i-0123456789abcdef0";
    let attach = [
        ("NetworkInterfaceId", interface.as_str()),
        ("InstanceId", instance),
        ("DeviceIndex", "0"),
    ];
    lab.door.ec2("AttachNetworkInterface", &attach).unwrap();
    let table = lab.described(&lab.table);
    assert_eq!(text(&table, "routeSet.1.instanceId"), instance);
    assert_eq!(text(&table, "routeSet.1.state"), "active");
    let part = [("DestinationCidrBlock", "10.0.8.0/24"), ("InstanceId", instance)];
    lab.on("CreateRoute", &part).unwrap();

    lab.on("DeleteRoute", &[anywhere]).unwrap();

    let expected = ["10.0.0.0/16", "10.0.8.0/24"].map(|to| (to.to_owned(), RouteTarget::InVpc));
    assert_eq!(lab.routes_of_inventory(&lab.table), expected);
    refused(
        lab.on("DeleteRoute", &[anywhere]),
        "InvalidRoute.NotFound",
        &format!("no route with destination-cidr-block 0.0.0.0/0 in route table {}", lab.table),
    );
    refused(
        lab.on("DeleteRoute", &[("DestinationCidrBlock", "10.0.0.0/16")]),
        "InvalidParameterValue",
        &format!("cannot remove local route 10.0.0.0/16 in route table {}", lab.table),
    );
}

#[test]
fn a_route_to_a_gateway_that_is_gone_is_a_black_hole() {
    let lab = Lab::new();
    let gateway = ("GatewayId", lab.gateway.as_str());
    lab.on("CreateRoute", &[("DestinationCidrBlock", "0.0.0.0/0"), gateway]).unwrap();

    let outward = ("0.0.0.0/0".to_owned(), RouteTarget::InternetGateway);
    assert!(lab.routes_of_inventory(&lab.table).contains(&outward));

    let detach = [("InternetGatewayId", lab.gateway.as_str()), ("VpcId", lab.vpc.as_str())];
    lab.door.ec2("DetachInternetGateway", &detach).unwrap();

    assert_eq!(text(&lab.described(&lab.table), "routeSet.1.state"), "blackhole");
    assert!(!lab.routes_of_inventory(&lab.table).contains(&outward));
}

#[test]
fn a_route_over_a_peering_connection_leads_as_long_as_that_is_active() {
    let lab = Lab::new();
    let other = new_vpc(&lab.door, "10.9.0.0/16");
    let sides = [("VpcId", lab.vpc.as_str()), ("PeerVpcId", other.as_str())];
    let made = lab.door.ec2("CreateVpcPeeringConnection", &sides).unwrap();
    let id = text(&made, "vpcPeeringConnection.vpcPeeringConnectionId").to_owned();
    let to = ("DestinationCidrBlock", "10.9.0.0/16");
    let route = [to, ("VpcPeeringConnectionId", id.as_str())];
    refused_with(lab.on("CreateRoute", &route), "InvalidParameterValue", "is not active");
    let on = [("VpcPeeringConnectionId", id.as_str())];
    lab.door.ec2("AcceptVpcPeeringConnection", &on).unwrap();

    lab.on("CreateRoute", &route).unwrap();

    let table = lab.described(&lab.table);
    assert_eq!(text(&table, "routeSet.1.vpcPeeringConnectionId"), id);
    assert_eq!(text(&table, "routeSet.1.state"), "active");
    let peering = ("10.9.0.0/16".to_owned(), RouteTarget::Peering(id.clone()));
    assert!(lab.routes_of_inventory(&lab.table).contains(&peering));
    let elsewhere = new_table(&lab.door, &new_vpc(&lab.door, "10.8.0.0/16"));
    let foreign = [("RouteTableId", elsewhere.as_str()), route[0], route[1]];
    refused_with(lab.door.ec2("CreateRoute", &foreign), "InvalidParameterValue", &elsewhere);

    lab.door.ec2("DeleteVpcPeeringConnection", &on).unwrap();

    assert_eq!(text(&lab.described(&lab.table), "routeSet.1.state"), "blackhole");
}

#[test]
fn routes_that_cannot_be_are_refused() {
    let lab = Lab::new();
    let anywhere = ("DestinationCidrBlock", "0.0.0.0/0");
    let gateway = ("GatewayId", lab.gateway.as_str());
    let elsewhere = new_vpc(&lab.door, "10.1.0.0/16");
    let foreign = new_interface(&lab.door, &new_subnet(&lab.door, &elsewhere, "10.1.0.0/24"));

    for (parameters, code, part) in [
        (vec![gateway], "MissingParameter", "destinationCidrBlock or destinationIpv6CidrBlock"),
        (vec![anywhere], "MissingParameter", "exactly one of gatewayId"),
        (
            vec![anywhere, gateway, ("NetworkInterfaceId", "eni-0123456789abcdef0")],
            "InvalidParameterCombination",
            "Only one of",
        ),
        (
            vec![anywhere, ("DestinationIpv6CidrBlock", "::/0"), gateway],
            "InvalidParameterCombination",
            "Only one of",
        ),
        (
            vec![("DestinationCidrBlock", "::/0"), gateway],
            "InvalidParameterValue",
            "Value (::/0) for parameter destinationCidrBlock is invalid. This is not a valid CIDR block.",
        ),
        (
            vec![("DestinationCidrBlock", "10.0.8.0/24"), gateway],
            "InvalidParameterValue",
            "Route target is not supported. This route only supports interface and instance targets.",
        ),
        (
            vec![anywhere, ("GatewayId", "igw-0123456789abcdef0")],
            "InvalidInternetGatewayID.NotFound",
            "igw-0123456789abcdef0",
        ),
        (vec![anywhere, ("GatewayId", "vgw-1")], "InvalidInternetGatewayId.Malformed", "vgw-1"),
        (
            vec![anywhere, ("NetworkInterfaceId", foreign.as_str())],
            "InvalidParameterValue",
            "belong to different networks",
        ),
        (
            vec![anywhere, ("InstanceId", "i-0123456789abcdef0")],
            "InvalidInstanceID.NotFound",
            "i-0123456789abcdef0",
        ),
        (vec![anywhere, ("TransitGatewayId", "tgw-1")], "UnsupportedOperation", "TransitGatewayId"),
        (vec![anywhere, gateway, ("DryRun", "true")], "DryRunOperation", "would have succeeded"),
    ] {
        refused_with(lab.on("CreateRoute", &parameters), code, part);
    }
    refused_with(
        lab.on("ReplaceRoute", &[anywhere, gateway]),
        "InvalidRoute.NotFound",
        "no route with destination-cidr-block 0.0.0.0/0",
    );
    refused_with(
        lab.on("ReplaceRoute", &[anywhere, ("LocalTarget", "true")]),
        "UnsupportedOperation",
        "LocalTarget",
    );
}

#[test]
fn a_subnet_has_one_table_and_can_be_given_another() {
    let lab = Lab::new();
    let subnet = ("SubnetId", lab.subnet.as_str());

    let first = lab.on("AssociateRouteTable", &[subnet]).unwrap();

    let id = text(&first, "associationId").to_owned();
    assert_eq!(text(&first, "associationState.state"), "associated");
    assert_eq!(text(&lab.on("AssociateRouteTable", &[subnet]).unwrap(), "associationId"), id);
    let table = lab.described(&lab.table);
    assert_eq!(text(&table, "associationSet.0.subnetId"), lab.subnet);
    assert_eq!(text(&table, "associationSet.0.main"), "false");
    let other = new_table(&lab.door, &lab.vpc);
    refused(
        lab.door.ec2("AssociateRouteTable", &[("RouteTableId", &other), subnet]),
        "Resource.AlreadyAssociated",
        &format!(
            "the specified association for route table {other} conflicts with an existing association"
        ),
    );
    refused(
        lab.on("DeleteRouteTable", &[]),
        "DependencyViolation",
        &format!("The routeTable '{}' has dependencies and cannot be deleted.", lab.table),
    );

    let replace = [("AssociationId", id.as_str()), ("RouteTableId", other.as_str())];
    let second = lab.door.ec2("ReplaceRouteTableAssociation", &replace).unwrap();

    let second = text(&second, "newAssociationId").to_owned();
    assert_ne!(second, id);
    assert_eq!(all(&lab.described(&other), "associationSet", "subnetId"), [lab.subnet.as_str()]);
    lab.on("DeleteRouteTable", &[]).unwrap();
    let disassociate = |id: &str| lab.door.ec2("DisassociateRouteTable", &[("AssociationId", id)]);
    refused(
        disassociate(&id),
        "InvalidAssociationID.NotFound",
        &format!("The association ID '{id}' does not exist"),
    );
    disassociate(&second).unwrap();
    assert_eq!(text(&lab.described(&other), "associationSet"), "");
    lab.door.ec2("AssociateRouteTable", &[("RouteTableId", &other), subnet]).unwrap();
    lab.door.ec2("DeleteSubnet", &[("SubnetId", &lab.subnet)]).unwrap();
    assert_eq!(text(&lab.described(&other), "associationSet"), "", "it goes with its subnet");
}

#[test]
fn the_main_table_is_whichever_has_the_main_association() {
    let lab = Lab::new();
    let (old, association) = lab.main();
    refused(
        lab.door.ec2("DisassociateRouteTable", &[("AssociationId", &association)]),
        "InvalidParameterValue",
        &format!("cannot disassociate the main route table association {association}"),
    );
    refused_with(
        lab.door.ec2("DeleteRouteTable", &[("RouteTableId", &old)]),
        "DependencyViolation",
        &old,
    );

    let replace = [("AssociationId", association.as_str()), ("RouteTableId", lab.table.as_str())];
    let made = lab.door.ec2("ReplaceRouteTableAssociation", &replace).unwrap();

    let id = text(&made, "newAssociationId").to_owned();
    assert_eq!(lab.main(), (lab.table.clone(), id));
    lab.door.ec2("DeleteRouteTable", &[("RouteTableId", &old)]).unwrap();
}

#[test]
fn tables_belong_to_a_vpc() {
    let lab = Lab::new();
    let elsewhere = new_vpc(&lab.door, "10.1.0.0/16");
    let foreign = new_subnet(&lab.door, &elsewhere, "10.1.0.0/24");
    let (_, main) = lab.main();

    refused_with(
        lab.on("AssociateRouteTable", &[("SubnetId", &foreign)]),
        "InvalidParameterValue",
        "belong to different networks",
    );
    let other = new_table(&lab.door, &elsewhere);
    let replace = [("AssociationId", main.as_str()), ("RouteTableId", other.as_str())];
    refused_with(
        lab.door.ec2("ReplaceRouteTableAssociation", &replace),
        "InvalidParameterValue",
        "belong to different networks",
    );
    refused_with(lab.on("AssociateRouteTable", &[]), "MissingParameter", "subnetId");
    refused_with(
        lab.on("AssociateRouteTable", &[("GatewayId", &lab.gateway)]),
        "UnsupportedOperation",
        "GatewayId",
    );
    refused_with(
        lab.door.ec2("DeleteVpc", &[("VpcId", &elsewhere)]),
        "DependencyViolation",
        &elsewhere,
    );
}

#[test]
fn quotas_of_tables_and_routes_hold() {
    let quotas = Quotas { route_tables_per_vpc: 2, routes_per_route_table: 1, ..Quotas::default() };
    let lab = Lab::with_quotas(quotas);
    let gateway = ("GatewayId", lab.gateway.as_str());

    lab.on("CreateRoute", &[("DestinationCidrBlock", "0.0.0.0/0"), gateway]).unwrap();

    refused_with(
        lab.on("CreateRoute", &[("DestinationCidrBlock", "192.0.2.0/24"), gateway]),
        "RouteLimitExceeded",
        "maximum number",
    );
    refused_with(
        lab.door.ec2("CreateRouteTable", &[("VpcId", &lab.vpc)]),
        "RouteTableLimitExceeded",
        "maximum number",
    );
}

#[test]
fn who_may_not_is_told_so_of_route_tables() {
    let mut lab = Lab::new();
    let arn = format!("arn:aws:ec2:us-east-1:123456789012:route-table/{}", lab.table);
    let any = "arn:aws:ec2:us-east-1:123456789012:route-table/*";
    let made = lab.on("AssociateRouteTable", &[("SubnetId", &lab.subnet)]).unwrap();
    let association = text(&made, "associationId").to_owned();
    let (table, vpc) = (lab.table.clone(), lab.vpc.clone());
    let on = [("RouteTableId", table.as_str())];
    let of = [("AssociationId", association.as_str())];
    let replace = [on[0], of[0]];

    let door = &mut lab.door;
    check_refusal(door, "CreateRouteTable", &[("VpcId", &vpc)], Some(any));
    for action in ["DeleteRouteTable", "CreateRoute", "ReplaceRoute", "DeleteRoute"] {
        check_refusal(door, action, &on, Some(&arn));
    }
    check_refusal(door, "AssociateRouteTable", &on, Some(&arn));
    check_refusal(door, "DisassociateRouteTable", &of, Some(&arn));
    check_refusal(door, "ReplaceRouteTableAssociation", &replace, Some(&arn));
    let unknown = [("AssociationId", "rtbassoc-0123456789abcdef0")];
    check_refusal(door, "DisassociateRouteTable", &unknown, Some(any));
}
