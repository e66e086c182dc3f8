"""IPv6 addressing by the AWS SDK: blocks of VPCs and subnets, addresses of interfaces, and what judges them.

Codes are those of AWS's error list; texts are not compared.
"""

import ipaddress

import pytest

import capture
from lab import eventually
from test_ec2 import ADDRESSING, UNKNOWN, delete_with_all_in_it, only, tags
from test_flow_logs import GROUP, make

POOL = f"ipv6pool-ec2-{UNKNOWN}"
BLOCK = "fd00:1:2:300::/56"


@pytest.fixture
def ec2(shared):
    return shared.client("ec2")


@pytest.fixture
def vpc(shared, ec2):
    """A VPC of this test's own: 10.0.0.0/16 and fd00:1:2:300::/56."""
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", Ipv6CidrBlock=BLOCK, Ipv6Pool=POOL)["Vpc"]["VpcId"]
    yield vpc
    delete_with_all_in_it(shared.client("ec2", checked=False), vpc)


@pytest.fixture
def ipv4_vpc(shared, ec2):
    """A VPC of this test's own: 10.0.0.0/16 alone."""
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    yield vpc
    delete_with_all_in_it(shared.client("ec2", checked=False), vpc)


@pytest.fixture
def subnet(ec2, vpc):
    made = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24", Ipv6CidrBlock="fd00:1:2:301::/64")
    return made["Subnet"]["SubnetId"]


def addresses(interface):
    return [found["Ipv6Address"] for found in interface["Ipv6Addresses"]]


def entries(ec2, vpc):
    """Number, direction and block of the entries of the default network ACL."""
    [acl] = ec2.describe_network_acls(Filters=[*only(vpc), *only("true", name="default")])["NetworkAcls"]
    return [
        (entry["RuleNumber"], entry["Egress"], entry.get("CidrBlock") or entry["Ipv6CidrBlock"])
        for entry in acl["Entries"]
    ]


# ----------------------------------------------------------------- VPCs


def test_a_vpc_is_made_with_a_chosen_ipv6_block(shared, ec2):
    made = ec2.create_vpc(CidrBlock="10.0.0.0/16", AmazonProvidedIpv6CidrBlock=True)["Vpc"]
    try:
        [vpc] = ec2.describe_vpcs(VpcIds=[made["VpcId"]])["Vpcs"]
        [block] = vpc["Ipv6CidrBlockAssociationSet"]
        assert ipaddress.IPv6Network(block["Ipv6CidrBlock"]).prefixlen == 56
        assert (block["Ipv6CidrBlockState"], block["Ipv6Pool"]) == ({"State": "associated"}, "Amazon")
    finally:
        delete_with_all_in_it(shared.client("ec2", checked=False), made["VpcId"])


def test_a_vpc_is_made_with_an_ipv6_block_of_ones_own(ec2, vpc):
    found = ec2.describe_vpcs(
        Filters=[
            *only(BLOCK, name="ipv6-cidr-block-association.ipv6-cidr-block"),
            *only(POOL, name="ipv6-cidr-block-association.ipv6-pool"),
            *only("associated", name="ipv6-cidr-block-association.state"),
        ]
    )["Vpcs"]
    assert [it["VpcId"] for it in found] == [vpc]
    assert entries(ec2, vpc) == [
        (number, egress, block)
        for egress in (True, False)
        for number, block in [(100, "0.0.0.0/0"), (101, "::/0"), (32767, "0.0.0.0/0"), (32768, "::/0")]
    ]
    [group] = ec2.describe_security_groups(Filters=only(vpc))["SecurityGroups"]
    [egress] = group["IpPermissionsEgress"]
    assert (egress["IpRanges"], egress["Ipv6Ranges"]) == ([{"CidrIp": "0.0.0.0/0"}], [{"CidrIpv6": "::/0"}])
    assert len(ec2.describe_security_group_rules(Filters=only(group["GroupId"], name="group-id"))["SecurityGroupRules"]) == 3
    [table] = ec2.describe_route_tables(Filters=only(BLOCK, name="route.destination-ipv6-cidr-block"))["RouteTables"]
    assert [route.get("DestinationIpv6CidrBlock") for route in table["Routes"]] == [None, BLOCK]


def test_blocks_of_both_families_come_and_go(ec2, ipv4_vpc, refused):
    vpc = ipv4_vpc
    second = ec2.associate_vpc_cidr_block(VpcId=vpc, CidrBlock="10.1.0.0/16")["CidrBlockAssociation"]
    assert second["CidrBlockState"] == {"State": "associating"}
    assert not any("::/0" in entry for entry in entries(ec2, vpc))
    ipv6 = ec2.associate_vpc_cidr_block(VpcId=vpc, AmazonProvidedIpv6CidrBlock=True)["Ipv6CidrBlockAssociation"]
    assert (101, False, "::/0") in entries(ec2, vpc) and (32768, True, "::/0") in entries(ec2, vpc)

    [found] = ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"]
    assert [block["CidrBlock"] for block in found["CidrBlockAssociationSet"]] == ["10.0.0.0/16", "10.1.0.0/16"]
    primary = found["CidrBlockAssociationSet"][0]["AssociationId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.1.1.0/24")["Subnet"]["SubnetId"]
    network = next(ipaddress.IPv6Network(ipv6["Ipv6CidrBlock"]).subnets(new_prefix=64))
    own = ec2.associate_subnet_cidr_block(SubnetId=subnet, Ipv6CidrBlock=str(network))["Ipv6CidrBlockAssociation"]
    for block in (second, ipv6):
        refused("InvalidCidrBlock.InUse", ec2.disassociate_vpc_cidr_block, AssociationId=block["AssociationId"])
    refused("OperationNotPermitted", ec2.disassociate_vpc_cidr_block, AssociationId=primary)

    gone = ec2.disassociate_subnet_cidr_block(AssociationId=own["AssociationId"])
    assert (gone["SubnetId"], gone["Ipv6CidrBlockAssociation"]["Ipv6CidrBlock"]) == (subnet, str(network))
    ec2.delete_subnet(SubnetId=subnet)
    for block in (second, ipv6):
        assert ec2.disassociate_vpc_cidr_block(AssociationId=block["AssociationId"])["VpcId"] == vpc
    [found] = ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"]
    assert (len(found["CidrBlockAssociationSet"]), found["Ipv6CidrBlockAssociationSet"]) == (1, [])


def test_a_vpc_has_five_blocks_of_a_family(ec2, ipv4_vpc, refused):
    for number in range(1, 5):
        ec2.associate_vpc_cidr_block(VpcId=ipv4_vpc, CidrBlock=f"10.{number}.0.0/16")
    refused("CidrLimitExceeded", ec2.associate_vpc_cidr_block, VpcId=ipv4_vpc, CidrBlock="10.5.0.0/16")
    for _ in range(5):
        ec2.associate_vpc_cidr_block(VpcId=ipv4_vpc, AmazonProvidedIpv6CidrBlock=True)
    refused("CidrLimitExceeded", ec2.associate_vpc_cidr_block, VpcId=ipv4_vpc, AmazonProvidedIpv6CidrBlock=True)


def test_mistakes_with_blocks_have_awss_codes(ec2, vpc, subnet, refused):
    cidr = {"CidrBlock": "10.2.0.0/16"}
    refused("InvalidVpc.Range", ec2.create_vpc, **cidr, Ipv6CidrBlock="fd00::/64", Ipv6Pool=POOL)
    refused("InvalidCidrBlock.InUse", ec2.create_vpc, **cidr, Ipv6CidrBlock=BLOCK, Ipv6Pool=POOL)
    refused("InvalidPoolID.Malformed", ec2.create_vpc, **cidr, Ipv6CidrBlock="fd00:9::/56", Ipv6Pool="mine")
    refused("MissingParameter", ec2.create_vpc, **cidr, Ipv6CidrBlock="fd00:9::/56")
    refused("InvalidParameterCombination", ec2.create_vpc, **cidr, Ipv6Pool=POOL, AmazonProvidedIpv6CidrBlock=True)
    refused("InvalidVpc.Range", ec2.associate_vpc_cidr_block, VpcId=vpc, CidrBlock="10.0.5.0/24")
    refused("MissingParameter", ec2.associate_vpc_cidr_block, VpcId=vpc)
    refused("InvalidVpcID.NotFound", ec2.associate_vpc_cidr_block, VpcId=f"vpc-{UNKNOWN}", **cidr)
    refused("UnsupportedOperation", ec2.associate_vpc_cidr_block, VpcId=vpc, Ipv6IpamPoolId="ipam-pool-0")
    refused(
        "InvalidVpcCidrBlockAssociationID.NotFound",
        ec2.disassociate_vpc_cidr_block,
        AssociationId=f"vpc-cidr-assoc-{UNKNOWN}",
    )

    def create(block):
        return lambda: ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.2.0/24", Ipv6CidrBlock=block)

    refused("InvalidSubnet.Range", create("fd00:1:2:400::/64"))
    refused("InvalidSubnet.Conflict", create("fd00:1:2:301::/64"))
    refused("InvalidParameterValue", create("fd00:1:2:302::/72"))
    refused(
        "CidrLimitExceeded", ec2.associate_subnet_cidr_block, SubnetId=subnet, Ipv6CidrBlock="fd00:1:2:302::/64"
    )
    refused(
        "InvalidSubnetCidrBlockAssociationID.NotFound",
        ec2.disassociate_subnet_cidr_block,
        AssociationId=f"subnet-cidr-assoc-{UNKNOWN}",
    )


# ----------------------------------------------------------------- subnets and interfaces


def test_a_subnet_gives_its_interfaces_addresses(ec2, vpc, subnet, refused):
    [found] = ec2.describe_subnets(
        Filters=only("fd00:1:2:301::/64", name="ipv6-cidr-block-association.ipv6-cidr-block")
    )["Subnets"]
    [block] = found["Ipv6CidrBlockAssociationSet"]
    assert (found["SubnetId"], block["Ipv6CidrBlockState"]) == (subnet, {"State": "associated"})
    ec2.modify_subnet_attribute(SubnetId=subnet, AssignIpv6AddressOnCreation={"Value": True})
    assert ec2.describe_subnets(SubnetIds=[subnet])["Subnets"][0]["AssignIpv6AddressOnCreation"] is True

    made = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]
    assert addresses(made) == ["fd00:1:2:301::4"]
    assert addresses(ec2.create_network_interface(SubnetId=subnet, Ipv6AddressCount=0)["NetworkInterface"]) == []
    refused("InvalidCidrBlock.InUse", ec2.disassociate_subnet_cidr_block, AssociationId=block["AssociationId"])
    plain = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.2.0/24")["Subnet"]["SubnetId"]
    refused(
        "InvalidParameterValue",
        ec2.modify_subnet_attribute,
        SubnetId=plain,
        AssignIpv6AddressOnCreation={"Value": True},
    )


def test_an_interfaces_ipv6_addresses_are_given_chosen_and_taken_away(ec2, subnet, refused):
    made = ec2.create_network_interface(
        SubnetId=subnet, Ipv6Addresses=[{"Ipv6Address": "fd00:1:2:301::5"}, {"Ipv6Address": "fd00:1:2:301::a:b"}]
    )["NetworkInterface"]
    interface = made["NetworkInterfaceId"]
    assert addresses(made) == ["fd00:1:2:301::5", "fd00:1:2:301::a:b"]
    answer = ec2.assign_ipv6_addresses(NetworkInterfaceId=interface, Ipv6AddressCount=2)
    assert answer["AssignedIpv6Addresses"] == ["fd00:1:2:301::4", "fd00:1:2:301::6"]
    answer = ec2.unassign_ipv6_addresses(NetworkInterfaceId=interface, Ipv6Addresses=["fd00:1:2:301::5"])
    assert answer["UnassignedIpv6Addresses"] == ["fd00:1:2:301::5"]
    ec2.assign_ipv6_addresses(NetworkInterfaceId=interface, Ipv6Addresses=["fd00:1:2:301::99"])
    [found] = ec2.describe_network_interfaces(
        Filters=only("fd00:1:2:301::99", name="ipv6-addresses.ipv6-address")
    )["NetworkInterfaces"]
    assert addresses(found) == ["fd00:1:2:301::a:b", "fd00:1:2:301::4", "fd00:1:2:301::6", "fd00:1:2:301::99"]

    def create(**parameters):
        return lambda: ec2.create_network_interface(SubnetId=subnet, **parameters)

    refused("InvalidIPAddress.InUse", create(Ipv6Addresses=[{"Ipv6Address": "fd00:1:2:301::99"}]))
    refused("InvalidParameterValue", create(Ipv6Addresses=[{"Ipv6Address": "fd00:1:2:301::3"}]))
    refused("InvalidParameterValue", create(Ipv6Addresses=[{"Ipv6Address": "fd00:1:2:302::9"}]))
    one = [{"Ipv6Address": "fd00:1:2:301::9"}]
    refused("InvalidParameterCombination", create(Ipv6Addresses=one, Ipv6AddressCount=1))
    refused("UnsupportedOperation", create(Ipv6Addresses=one, EnablePrimaryIpv6=True))
    refused("DryRunOperation", create(Ipv6Addresses=one, DryRun=True), status=412)
    refused("PrivateIpAddressLimitExceeded", create(Ipv6AddressCount=51))
    refused("MissingParameter", ec2.assign_ipv6_addresses, NetworkInterfaceId=interface)
    refused("UnsupportedOperation", ec2.assign_ipv6_addresses, NetworkInterfaceId=interface, Ipv6PrefixCount=1)
    refused(
        "InvalidParameterValue",
        ec2.unassign_ipv6_addresses,
        NetworkInterfaceId=interface,
        Ipv6Addresses=["fd00:1:2:301::5"],
    )


def test_a_subnet_of_ones_own_network_has_machines_at_awss_addresses(ec2, vpc, refused):
    own = ec2.create_subnet(
        VpcId=vpc,
        CidrBlock="10.0.17.0/24",
        Ipv6CidrBlock="fd00:1:2:317::/64",
        TagSpecifications=tags("subnet", **{"flowlogd:reserved-addresses": "none"}),
    )["Subnet"]["SubnetId"]
    other = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.18.0/24")["Subnet"]["SubnetId"]
    container = ec2.create_network_interface(
        SubnetId=own, PrivateIpAddress="10.0.17.2", Ipv6Addresses=[{"Ipv6Address": "fd00:1:2:317::2"}]
    )["NetworkInterface"]
    assert (container["PrivateIpAddress"], addresses(container)) == ("10.0.17.2", ["fd00:1:2:317::2"])
    assert ec2.create_network_interface(SubnetId=own)["NetworkInterface"]["PrivateIpAddress"] == "10.0.17.4"
    for address in ("10.0.17.0", "10.0.17.255"):
        refused("InvalidParameterValue", ec2.create_network_interface, SubnetId=own, PrivateIpAddress=address)
    refused("InvalidParameterValue", ec2.create_network_interface, SubnetId=other, PrivateIpAddress="10.0.18.2")


# ----------------------------------------------------------------- verdicts


def test_the_acl_is_not_asked_inside_a_subnet_over_ipv6(lab, tmp_path):
    ec2 = lab.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", Ipv6CidrBlock=BLOCK, Ipv6Pool=POOL)["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", Ipv6CidrBlock=f"fd00:1:2:30{n}::/64")["Subnet"]["SubnetId"]
        for n in (1, 2)
    ]
    group = ec2.create_security_group(GroupName="web", Description="web", VpcId=vpc)["GroupId"]
    ec2.authorize_security_group_ingress(
        GroupId=group,
        IpPermissions=[
            {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "UserIdGroupPairs": [{"GroupId": group}]}
        ],
    )
    [acl] = ec2.describe_network_acls(Filters=only(vpc))["NetworkAcls"]
    ec2.delete_network_acl_entry(NetworkAclId=acl["NetworkAclId"], RuleNumber=101, Egress=False)
    server, _, _ = [
        ec2.create_network_interface(SubnetId=subnet, Groups=[group], Ipv6Addresses=[{"Ipv6Address": address}])[
            "NetworkInterface"
        ]["NetworkInterfaceId"]
        for subnet, address in [
            (subnets[0], "fd00:1:2:301::10"),
            (subnets[0], "fd00:1:2:301::20"),
            (subnets[1], "fd00:1:2:302::20"),
        ]
    ]
    make(lab, lab.role(), server, LogFormat="${srcaddr} ${dstaddr} ${type} ${action} ${x-deciding-rule}")
    packets = [
        (1000.0, capture.tcp6("fd00:1:2:301::20", "fd00:1:2:301::10", 40000, 443)),
        (1000.1, capture.tcp6("fd00:1:2:302::20", "fd00:1:2:301::10", 40001, 443)),
        (1000.2, capture.tcp6("fd00:1:2:301::30", "fd00:1:2:301::10", 40002, 443)),
    ]
    lab.replay("host", server, capture.write(tmp_path / "ipv6.pcap", packets))

    events = eventually(lambda: lab.events(GROUP, f"{server}-all"))
    records = {event["message"].split()[0]: event["message"].split()[1:] for event in events}
    to = ["fd00:1:2:301::10", "IPv6"]
    [rule] = [
        rule["SecurityGroupRuleId"]
        for rule in ec2.describe_security_group_rules(Filters=only(group, name="group-id"))["SecurityGroupRules"]
        if not rule["IsEgress"]
    ]
    # The neighbour by the group alone; who is in the group, but in another subnet, not past the network ACL; and a
    # neighbour that is not in the group by nothing.
    assert records["fd00:1:2:301::20"][:3] == [*to, "ACCEPT"] and rule in records["fd00:1:2:301::20"][3]
    assert records["fd00:1:2:302::20"][:3] == [*to, "REJECT"] and acl["NetworkAclId"] in records["fd00:1:2:302::20"][3]
    assert records["fd00:1:2:301::30"][:3] == [*to, "REJECT"]


def test_every_operation_of_addressing_has_answered(shared, whole_module):
    assert ADDRESSING - shared.answered == set()
