"""Internet gateways, route tables and secondary addresses by the AWS SDK and CLI, and what `traffic-path` makes of
routes (`vpc-filtering.md` §7, §10, §11; `flow-logs.md` §4.9).

Codes are those of AWS's error list; texts are not compared.
"""

import json

import pytest

import capture
from lab import eventually
from test_ec2 import INSTANCE, ROUTING, UNKNOWN, delete_with_all_in_it, only, tags
from test_flow_logs import GROUP, make

ANYWHERE = "0.0.0.0/0"


@pytest.fixture
def ec2(shared):
    return shared.client("ec2")


@pytest.fixture
def vpc(shared, ec2):
    """A VPC of this test's own, 10.0.0.0/16, and nothing in it."""
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    yield vpc
    delete_with_all_in_it(shared.client("ec2", checked=False), vpc)


@pytest.fixture
def subnet(ec2, vpc):
    return ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]


@pytest.fixture
def gateway(ec2, vpc):
    """One that is attached to the VPC, with which it goes."""
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    return gateway


@pytest.fixture
def table(ec2, vpc):
    return ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]


def described(ec2, table):
    [found] = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"]
    return found


def routes(ec2, table):
    """Destination, target and state of each route."""
    found = []
    for route in described(ec2, table)["Routes"]:
        target = route.get("GatewayId") or route.get("NetworkInterfaceId")
        found.append((route["DestinationCidrBlock"], target, route["State"]))
    return found


def test_a_gateway_lives_is_attached_and_deleted(ec2, vpc, refused):
    made = ec2.create_internet_gateway(TagSpecifications=tags("internet-gateway", Name="out"))["InternetGateway"]
    gateway = made["InternetGatewayId"]
    assert gateway.startswith("igw-") and made["Attachments"] == [] and made["Tags"] == [{"Key": "Name", "Value": "out"}]

    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)

    [found] = ec2.describe_internet_gateways(Filters=only(vpc, name="attachment.vpc-id"))["InternetGateways"]
    assert found["InternetGatewayId"] == gateway and found["Attachments"] == [{"VpcId": vpc, "State": "available"}]
    refused("Resource.AlreadyAssociated", ec2.attach_internet_gateway, InternetGatewayId=gateway, VpcId=vpc)
    refused("DependencyViolation", ec2.delete_internet_gateway, InternetGatewayId=gateway)
    refused("DependencyViolation", ec2.delete_vpc, VpcId=vpc)
    other = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    refused("InvalidParameterValue", ec2.attach_internet_gateway, InternetGatewayId=other, VpcId=vpc)
    refused("Gateway.NotAttached", ec2.detach_internet_gateway, InternetGatewayId=other, VpcId=vpc)
    ec2.delete_internet_gateway(InternetGatewayId=other)

    ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    ec2.delete_internet_gateway(InternetGatewayId=gateway)

    refused("InvalidInternetGatewayID.NotFound", ec2.describe_internet_gateways, InternetGatewayIds=[gateway])


def test_routes_of_a_table_come_change_and_go(ec2, vpc, subnet, gateway, table, refused):
    assert routes(ec2, table) == [("10.0.0.0/16", "local", "active")]

    assert ec2.create_route(RouteTableId=table, DestinationCidrBlock=ANYWHERE, GatewayId=gateway)["Return"]

    assert routes(ec2, table)[1:] == [(ANYWHERE, gateway, "active")]
    again = {"RouteTableId": table, "DestinationCidrBlock": ANYWHERE, "GatewayId": gateway}
    refused("RouteAlreadyExists", ec2.create_route, **again)
    interface = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    ec2.replace_route(RouteTableId=table, DestinationCidrBlock=ANYWHERE, NetworkInterfaceId=interface)
    assert routes(ec2, table)[1:] == [(ANYWHERE, interface, "blackhole")]
    attached = ec2.attach_network_interface(NetworkInterfaceId=interface, InstanceId=INSTANCE, DeviceIndex=0)
    [_, route] = described(ec2, table)["Routes"]
    assert (route["InstanceId"], route["State"], route["Origin"]) == (INSTANCE, "active", "CreateRoute")
    ec2.detach_network_interface(AttachmentId=attached["AttachmentId"], Force=True)

    ec2.delete_route(RouteTableId=table, DestinationCidrBlock=ANYWHERE)

    refused("InvalidRoute.NotFound", ec2.delete_route, RouteTableId=table, DestinationCidrBlock=ANYWHERE)
    refused("InvalidParameterValue", ec2.delete_route, RouteTableId=table, DestinationCidrBlock="10.0.0.0/16")
    refused("MissingParameter", ec2.create_route, RouteTableId=table, GatewayId=gateway)
    for target in ({"TransitGatewayId": f"tgw-{UNKNOWN}"}, {"VpcEndpointId": f"vpce-{UNKNOWN}"}):
        refused("UnsupportedOperation", ec2.create_route, RouteTableId=table, DestinationCidrBlock=ANYWHERE, **target)


def test_a_subnet_has_its_own_table_or_the_main_one(ec2, vpc, subnet, table, refused):
    [main] = ec2.describe_route_tables(Filters=[*only(vpc), *only("true", name="association.main")])["RouteTables"]
    [of_vpc] = main["Associations"]

    made = ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)

    assert made["AssociationState"]["State"] == "associated"
    [association] = described(ec2, table)["Associations"]
    assert (association["SubnetId"], association["Main"]) == (subnet, False)
    [found] = ec2.describe_route_tables(Filters=only(subnet, name="association.subnet-id"))["RouteTables"]
    assert found["RouteTableId"] == table
    other = main["RouteTableId"]
    refused("Resource.AlreadyAssociated", ec2.associate_route_table, RouteTableId=other, SubnetId=subnet)
    refused("DependencyViolation", ec2.delete_route_table, RouteTableId=table)
    moved = ec2.replace_route_table_association(AssociationId=made["AssociationId"], RouteTableId=other)
    refused("InvalidAssociationID.NotFound", ec2.disassociate_route_table, AssociationId=made["AssociationId"])
    ec2.disassociate_route_table(AssociationId=moved["NewAssociationId"])
    main_id = of_vpc["RouteTableAssociationId"]
    refused("InvalidParameterValue", ec2.disassociate_route_table, AssociationId=main_id)

    # The main one may be another, and goes back.
    moved = ec2.replace_route_table_association(AssociationId=main_id, RouteTableId=table)
    [found] = ec2.describe_route_tables(Filters=[*only(vpc), *only("true", name="association.main")])["RouteTables"]
    assert found["RouteTableId"] == table
    ec2.replace_route_table_association(AssociationId=moved["NewAssociationId"], RouteTableId=other)
    ec2.delete_route_table(RouteTableId=table)
    refused("InvalidRouteTableID.NotFound", ec2.describe_route_tables, RouteTableIds=[table])


def test_secondary_addresses_come_move_and_go(ec2, subnet, refused):
    one, two = (ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"] for _ in "ab")

    def addresses(interface):
        [found] = ec2.describe_network_interfaces(NetworkInterfaceIds=[interface])["NetworkInterfaces"]
        return [address["PrivateIpAddress"] for address in found["PrivateIpAddresses"]]

    given = ec2.assign_private_ip_addresses(NetworkInterfaceId=one, PrivateIpAddresses=["10.0.1.20"])
    assert given["AssignedPrivateIpAddresses"] == [{"PrivateIpAddress": "10.0.1.20"}]
    ec2.assign_private_ip_addresses(NetworkInterfaceId=one, SecondaryPrivateIpAddressCount=1)
    assert addresses(one) == ["10.0.1.4", "10.0.1.20", "10.0.1.6"]
    moving = {"NetworkInterfaceId": two, "PrivateIpAddresses": ["10.0.1.20"]}
    refused("InvalidIPAddress.InUse", ec2.assign_private_ip_addresses, **moving)
    ec2.assign_private_ip_addresses(**moving, AllowReassignment=True)
    assert addresses(one) == ["10.0.1.4", "10.0.1.6"] and addresses(two) == ["10.0.1.5", "10.0.1.20"]
    ec2.unassign_private_ip_addresses(**moving)
    refused("InvalidParameterValue", ec2.unassign_private_ip_addresses, **moving)
    primary = {"NetworkInterfaceId": two, "PrivateIpAddresses": ["10.0.1.5"]}
    refused("InvalidParameterValue", ec2.unassign_private_ip_addresses, **primary)


def test_the_cli_makes_a_public_subnet(shared, ec2, vpc, subnet):
    def aws(*arguments):
        printed = shared.aws("ec2", *arguments, "--output", "json").stdout
        return json.loads(printed) if printed.strip() else None

    gateway = aws("create-internet-gateway")["InternetGateway"]["InternetGatewayId"]
    aws("attach-internet-gateway", "--internet-gateway-id", gateway, "--vpc-id", vpc)
    table = aws("create-route-table", "--vpc-id", vpc)["RouteTable"]["RouteTableId"]
    aws("create-route", "--route-table-id", table, "--destination-cidr-block", ANYWHERE, "--gateway-id", gateway)
    aws("associate-route-table", "--route-table-id", table, "--subnet-id", subnet)

    found = aws("describe-route-tables", "--filters", f"Name=route.gateway-id,Values={gateway}")["RouteTables"]

    assert [it["RouteTableId"] for it in found] == [table]


def test_traffic_path_follows_the_subnets_table(lab, tmp_path):
    ec2 = lab.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="192.0.2.0/24", GatewayId=gateway)
    ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    host = lab.interface("10.0.1.10", subnet)["NetworkInterfaceId"]
    make(lab, lab.role(), host, LogFormat="${dstaddr} ${flow-direction} ${traffic-path}")
    packets = [
        (1000.0, capture.tcp("10.0.1.10", "192.0.2.7", 40000, 443)),
        (1000.1, capture.tcp("10.0.1.10", "198.51.100.7", 40001, 443)),
        (1000.2, capture.tcp("10.0.1.10", "10.0.9.9", 40002, 443)),
    ]

    lab.replay("host", host, capture.write(tmp_path / "paths.pcap", packets))

    events = eventually(lambda: lab.events(GROUP, f"{host}-all"))
    # By the gateway, by no route, inside the VPC.
    assert sorted(event["message"] for event in events) == [
        "10.0.9.9 egress 1", "192.0.2.7 egress 8", "198.51.100.7 egress -",
    ]


def test_every_operation_of_routing_has_answered(shared, whole_module):
    assert ROUTING - shared.answered == set()
