"""EC2's network operations by the AWS SDK: every operation, its pages, and the codes of common mistakes.

Codes are those of AWS's error list; texts are not compared.
"""

import itertools
import uuid

import pytest

from lab import ACCOUNT, REGION, registered

ANYWHERE = [{"CidrIp": "0.0.0.0/0"}]
EVERYTHING = {"IpProtocol": "-1", "IpRanges": ANYWHERE}
SSH = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "10.0.0.0/8", "Description": "ssh"}]}
INSTANCE = "i-0123456789abcdef0"
UNKNOWN = "0123456789abcdef0"
# What test_ec2_ipv6.py calls.
ADDRESSING = {
    ("ec2", name)
    for name in (
        "AssociateVpcCidrBlock",
        "DisassociateVpcCidrBlock",
        "AssociateSubnetCidrBlock",
        "DisassociateSubnetCidrBlock",
        "AssignIpv6Addresses",
        "UnassignIpv6Addresses",
    )
}
# What test_ec2_routes.py calls.
ROUTING = {
    ("ec2", name)
    for name in (
        "AssignPrivateIpAddresses",
        "UnassignPrivateIpAddresses",
        "CreateInternetGateway",
        "AttachInternetGateway",
        "DetachInternetGateway",
        "DeleteInternetGateway",
        "CreateRouteTable",
        "DeleteRouteTable",
        "AssociateRouteTable",
        "DisassociateRouteTable",
        "ReplaceRouteTableAssociation",
        "CreateRoute",
        "ReplaceRoute",
        "DeleteRoute",
    )
}
# What test_ec2_prefix_lists.py calls.
PREFIX_LISTS = {
    ("ec2", name)
    for name in (
        "CreateManagedPrefixList",
        "DescribeManagedPrefixLists",
        "DescribePrefixLists",
        "GetManagedPrefixListEntries",
        "GetManagedPrefixListAssociations",
        "ModifyManagedPrefixList",
        "RestoreManagedPrefixListVersion",
        "DeleteManagedPrefixList",
    )
}
# What test_ec2_peering.py calls.
PEERINGS = {
    ("ec2", name)
    for name in (
        "CreateVpcPeeringConnection",
        "DescribeVpcPeeringConnections",
        "AcceptVpcPeeringConnection",
        "RejectVpcPeeringConnection",
        "DeleteVpcPeeringConnection",
        "ModifyVpcPeeringConnectionOptions",
    )
}
# What test_ec2_references.py calls.
REFERENCES = {
    ("ec2", name)
    for name in ("DescribeSecurityGroupReferences", "DescribeStaleSecurityGroups", "GetSecurityGroupsForVpc")
}

_numbers = itertools.count(1)


@pytest.fixture
def ec2(shared):
    return shared.client("ec2")


@pytest.fixture
def vpc(shared, ec2):
    """A VPC of this test's own, 10.0.0.0/16; nothing else is in it. A region has no room for one a test."""
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    yield vpc
    # Unchecked, so that one misspelt element does not leave the region full and every other test red.
    delete_with_all_in_it(shared.client("ec2", checked=False), vpc)


def delete_with_all_in_it(ec2, vpc):
    inside = only(vpc)
    interfaces = ec2.describe_network_interfaces(Filters=inside)["NetworkInterfaces"]
    subnets = ec2.describe_subnets(Filters=inside)["Subnets"]
    gone = {vpc, *(found["NetworkInterfaceId"] for found in interfaces), *(found["SubnetId"] for found in subnets)}
    flow_logs = ec2.describe_flow_logs(Filter=only(*sorted(gone), name="resource-id"))["FlowLogs"]
    if flow_logs:
        ec2.delete_flow_logs(FlowLogIds=[found["FlowLogId"] for found in flow_logs])
    for found in interfaces:
        ec2.delete_network_interface(NetworkInterfaceId=found["NetworkInterfaceId"])
    for found in subnets:
        ec2.delete_subnet(SubnetId=found["SubnetId"])
    for found in ec2.describe_route_tables(Filters=inside)["RouteTables"]:
        if not any(association["Main"] for association in found["Associations"]):
            ec2.delete_route_table(RouteTableId=found["RouteTableId"])
    for found in ec2.describe_internet_gateways(Filters=only(vpc, name="attachment.vpc-id"))["InternetGateways"]:
        ec2.detach_internet_gateway(InternetGatewayId=found["InternetGatewayId"], VpcId=vpc)
        ec2.delete_internet_gateway(InternetGatewayId=found["InternetGatewayId"])
    for found in ec2.describe_network_acls(Filters=[*inside, *only("false", name="default")])["NetworkAcls"]:
        ec2.delete_network_acl(NetworkAclId=found["NetworkAclId"])
    for found in ec2.describe_security_groups(Filters=inside)["SecurityGroups"]:
        if found["GroupName"] != "default":
            ec2.delete_security_group(GroupId=found["GroupId"])
    ec2.delete_vpc(VpcId=vpc)


@pytest.fixture
def subnet(ec2, vpc):
    return ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]


@pytest.fixture
def group(ec2, vpc):
    return ec2.create_security_group(GroupName="web", Description="The web servers", VpcId=vpc)["GroupId"]


@pytest.fixture
def acl(ec2, vpc):
    return ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"]


@pytest.fixture
def interface(ec2, subnet, group):
    made = ec2.create_network_interface(SubnetId=subnet, Groups=[group], PrivateIpAddress="10.0.1.10")
    return made["NetworkInterface"]["NetworkInterfaceId"]


@pytest.fixture(scope="module")
def role(shared):
    return shared.role()


def only(*values, name="vpc-id"):
    return [{"Name": name, "Values": list(values)}]


def tags(kind, **values):
    return [{"ResourceType": kind, "Tags": [{"Key": key, "Value": value} for key, value in values.items()]}]


# ----------------------------------------------------------------- places


def test_regions_and_zones_are_told(ec2):
    regions = ec2.describe_regions(RegionNames=[REGION])["Regions"]
    assert [(region["RegionName"], region["OptInStatus"]) for region in regions] == [(REGION, "opt-in-not-required")]
    zones = ec2.describe_availability_zones()["AvailabilityZones"]
    assert {zone["RegionName"] for zone in zones} == {REGION} and zones[0]["ZoneName"] == f"{REGION}a"


def test_a_region_begins_with_a_default_network(shared):
    ec2 = shared.client("ec2", region="us-west-2")
    [vpc] = ec2.describe_vpcs(Filters=only("true", name="is-default"))["Vpcs"]
    assert (vpc["CidrBlock"], vpc["IsDefault"], vpc["OwnerId"]) == ("172.31.0.0/16", True, ACCOUNT)
    inside = only(vpc["VpcId"])
    assert all(subnet["DefaultForAz"] for subnet in ec2.describe_subnets(Filters=inside)["Subnets"])
    [table] = ec2.describe_route_tables(Filters=inside)["RouteTables"]
    assert {route["DestinationCidrBlock"] for route in table["Routes"]} == {"172.31.0.0/16", "0.0.0.0/0"}
    [gateway] = ec2.describe_internet_gateways(Filters=only(vpc["VpcId"], name="attachment.vpc-id"))["InternetGateways"]
    assert gateway["Attachments"][0]["VpcId"] == vpc["VpcId"]
    [group] = ec2.describe_security_groups(Filters=inside)["SecurityGroups"]
    assert group["GroupName"] == "default" and group["IpPermissions"][0]["UserIdGroupPairs"]


def test_a_default_vpc_can_be_made_again_once_it_is_gone(shared, refused):
    ec2 = shared.client("ec2", region="eu-west-1")
    refused("DefaultVpcAlreadyExists", ec2.create_default_vpc)
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    refused("DependencyViolation", ec2.delete_vpc, VpcId=vpc)
    for subnet in ec2.describe_subnets(Filters=only(vpc))["Subnets"]:
        ec2.delete_subnet(SubnetId=subnet["SubnetId"])
    refused("DependencyViolation", ec2.delete_vpc, VpcId=vpc)
    [gateway] = ec2.describe_internet_gateways()["InternetGateways"]
    ec2.detach_internet_gateway(InternetGatewayId=gateway["InternetGatewayId"], VpcId=vpc)
    ec2.delete_vpc(VpcId=vpc)
    assert ec2.describe_vpcs()["Vpcs"] == []
    made = ec2.create_default_vpc()["Vpc"]
    assert made["IsDefault"] and made["CidrBlock"] == "172.31.0.0/16" and made["VpcId"] != vpc
    assert len(ec2.describe_subnets(Filters=only(made["VpcId"]))["Subnets"]) >= 2


# ----------------------------------------------------------------- VPCs and subnets


def test_a_vpc_lives_and_is_deleted(ec2, refused):
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16", TagSpecifications=tags("vpc", Name="nine"))["Vpc"]
    assert vpc["Tags"] == [{"Key": "Name", "Value": "nine"}] and not vpc["IsDefault"]
    vpc = vpc["VpcId"]
    ec2.get_waiter("vpc_exists").wait(VpcIds=[vpc])
    ec2.get_waiter("vpc_available").wait(VpcIds=[vpc])
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    answer = ec2.describe_vpc_attribute(VpcId=vpc, Attribute="enableDnsHostnames")
    assert answer["EnableDnsHostnames"] == {"Value": True}
    ec2.delete_vpc(VpcId=vpc)
    refused("InvalidVpcID.NotFound", ec2.describe_vpcs, VpcIds=[vpc])


def test_a_subnet_lives_and_is_deleted(ec2, vpc, refused):
    made = ec2.create_subnet(
        VpcId=vpc, CidrBlock="10.0.2.0/24", AvailabilityZone=f"{REGION}a", TagSpecifications=tags("subnet", tier="web")
    )["Subnet"]
    assert (made["AvailableIpAddressCount"], made["AvailabilityZone"], made["VpcId"]) == (251, f"{REGION}a", vpc)
    subnet = made["SubnetId"]
    ec2.get_waiter("subnet_available").wait(SubnetIds=[subnet])
    ec2.modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch={"Value": True})
    [found] = ec2.describe_subnets(Filters=[*only(vpc), *only("web", name="tag:tier")])["Subnets"]
    assert found["MapPublicIpOnLaunch"] is True
    ec2.delete_subnet(SubnetId=subnet)
    refused("InvalidSubnetID.NotFound", ec2.delete_subnet, SubnetId=subnet)


def test_mistakes_with_vpcs_and_subnets_have_awss_codes(ec2, vpc, subnet, refused):
    refused("InvalidVpc.Range", ec2.create_vpc, CidrBlock="10.0.0.0/8")
    refused("InvalidParameterValue", ec2.create_vpc, CidrBlock="10.0.0.0")
    refused("MissingParameter", ec2.create_vpc)
    refused("InvalidVpcID.NotFound", ec2.describe_vpcs, VpcIds=[f"vpc-{UNKNOWN}"])
    refused("InvalidVpcID.Malformed", ec2.describe_vpcs, VpcIds=["vpc"])
    refused("DependencyViolation", ec2.delete_vpc, VpcId=vpc)
    refused("InvalidVpcID.NotFound", ec2.create_subnet, VpcId=f"vpc-{UNKNOWN}", CidrBlock="10.0.1.0/24")
    refused("InvalidSubnet.Range", ec2.create_subnet, VpcId=vpc, CidrBlock="10.1.0.0/24")
    refused("InvalidSubnet.Conflict", ec2.create_subnet, VpcId=vpc, CidrBlock="10.0.1.128/25")
    refused(
        "InvalidParameterValue", ec2.create_subnet, VpcId=vpc, CidrBlock="10.0.3.0/24", AvailabilityZone="us-east-1z"
    )
    refused("InvalidSubnetID.NotFound", ec2.describe_subnets, SubnetIds=[f"subnet-{UNKNOWN}"])
    refused("InvalidSubnetID.Malformed", ec2.describe_subnets, SubnetIds=["net"])
    refused(
        "InvalidParameter", ec2.create_vpc, CidrBlock="10.0.0.0/16", TagSpecifications=tags("subnet", Name="wrong kind")
    )


# ----------------------------------------------------------------- interfaces


def test_an_interface_is_attached_changed_detached_and_deleted(ec2, interface, group, refused):
    [found] = ec2.describe_network_interfaces(NetworkInterfaceIds=[interface])["NetworkInterfaces"]
    assert (found["Status"], found["PrivateIpAddress"], found["Groups"]) == (
        "available", "10.0.1.10", [{"GroupId": group, "GroupName": "web"}],
    )
    ec2.get_waiter("network_interface_available").wait(NetworkInterfaceIds=[interface])

    ec2.modify_network_interface_attribute(NetworkInterfaceId=interface, Description={"Value": "the web server's"})
    ec2.modify_network_interface_attribute(NetworkInterfaceId=interface, SourceDestCheck={"Value": False})
    answer = ec2.describe_network_interface_attribute(NetworkInterfaceId=interface, Attribute="description")
    assert answer["Description"] == {"Value": "the web server's"}

    attachment = ec2.attach_network_interface(NetworkInterfaceId=interface, InstanceId=INSTANCE, DeviceIndex=1)
    [found] = ec2.describe_network_interfaces(Filters=only(INSTANCE, name="attachment.instance-id"))["NetworkInterfaces"]
    assert found["Attachment"]["AttachmentId"] == attachment["AttachmentId"] and found["Status"] == "in-use"
    assert found["SourceDestCheck"] is False
    refused("InvalidParameterValue", ec2.delete_network_interface, NetworkInterfaceId=interface)
    refused("InvalidParameterValue", ec2.attach_network_interface, NetworkInterfaceId=interface,
            InstanceId=INSTANCE, DeviceIndex=2)
    ec2.detach_network_interface(AttachmentId=attachment["AttachmentId"])
    ec2.delete_network_interface(NetworkInterfaceId=interface)
    refused("InvalidNetworkInterfaceID.NotFound", ec2.delete_network_interface, NetworkInterfaceId=interface)


def test_an_interface_has_the_addresses_it_was_given(ec2, subnet):
    made = ec2.create_network_interface(
        SubnetId=subnet,
        PrivateIpAddresses=[
            {"PrivateIpAddress": "10.0.1.20", "Primary": True}, {"PrivateIpAddress": "10.0.1.21", "Primary": False},
        ],
        Description="two addresses",
        TagSpecifications=tags("network-interface", role="db"),
    )["NetworkInterface"]
    assert [address["PrivateIpAddress"] for address in made["PrivateIpAddresses"]] == ["10.0.1.20", "10.0.1.21"]
    assert made["TagSet"] == [{"Key": "role", "Value": "db"}]
    chosen = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]
    assert chosen["PrivateIpAddress"].startswith("10.0.1.")


def test_mistakes_with_interfaces_have_awss_codes(ec2, vpc, subnet, interface, refused):
    create, missing = ec2.create_network_interface, f"eni-{UNKNOWN}"
    refused("InvalidSubnetID.NotFound", create, SubnetId=f"subnet-{UNKNOWN}")
    refused("InvalidGroup.NotFound", create, SubnetId=subnet, Groups=[f"sg-{UNKNOWN}"])
    refused("InvalidIPAddress.InUse", create, SubnetId=subnet, PrivateIpAddress="10.0.1.10")
    refused("InvalidParameterValue", create, SubnetId=subnet, PrivateIpAddress="10.0.2.10")
    refused("InvalidParameterValue", create, SubnetId=subnet, PrivateIpAddress="10.0.1.1")
    refused("InvalidNetworkInterfaceID.NotFound", ec2.describe_network_interfaces, NetworkInterfaceIds=[missing])
    refused("InvalidNetworkInterfaceID.Malformed", ec2.describe_network_interfaces, NetworkInterfaceIds=["eth0"])
    refused("InvalidAttachmentID.NotFound", ec2.detach_network_interface, AttachmentId=f"eni-attach-{UNKNOWN}")
    refused("DependencyViolation", ec2.delete_subnet, SubnetId=subnet)
    other = ec2.create_vpc(CidrBlock="10.8.0.0/16")["Vpc"]["VpcId"]
    [group] = ec2.describe_security_groups(Filters=only(other))["SecurityGroups"]
    refused("InvalidParameter", create, SubnetId=subnet, Groups=[group["GroupId"]])
    ec2.delete_vpc(VpcId=other)


# ----------------------------------------------------------------- security groups


def test_rules_come_change_and_go(ec2, vpc, group, refused):
    made = ec2.authorize_security_group_ingress(
        GroupId=group, IpPermissions=[SSH], TagSpecifications=tags("security-group-rule", why="ssh")
    )["SecurityGroupRules"]
    assert [(rule["FromPort"], rule["CidrIpv4"], rule["IsEgress"]) for rule in made] == [(22, "10.0.0.0/8", False)]
    ec2.authorize_security_group_egress(GroupId=group, IpPermissions=[SSH])
    rules = ec2.describe_security_group_rules(Filters=only(group, name="group-id"))["SecurityGroupRules"]
    assert len(rules) == 3  # egress to everywhere came with the group
    [tagged] = ec2.describe_security_group_rules(Filters=only("ssh", name="tag:why"))["SecurityGroupRules"]
    rule = tagged["SecurityGroupRuleId"]
    assert rule == made[0]["SecurityGroupRuleId"]

    ec2.modify_security_group_rules(
        GroupId=group,
        SecurityGroupRules=[{
            "SecurityGroupRuleId": rule,
            "SecurityGroupRule": {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIpv4": "10.0.0.0/8"},
        }],
    )
    changed = {**SSH, "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.0.0.0/8", "Description": "tls"}]}
    ec2.update_security_group_rule_descriptions_ingress(GroupId=group, IpPermissions=[changed])
    ec2.update_security_group_rule_descriptions_egress(
        GroupId=group, IpPermissions=[{**SSH, "IpRanges": [{"CidrIp": "10.0.0.0/8", "Description": "out"}]}]
    )
    [found] = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"]
    [permission] = found["IpPermissions"]
    assert (permission["FromPort"], permission["IpRanges"]) == (443, changed["IpRanges"])
    assert "out" in [entry.get("Description") for entry in found["IpPermissionsEgress"][1]["IpRanges"]] + [
        entry.get("Description") for entry in found["IpPermissionsEgress"][0]["IpRanges"]
    ]

    revoked = ec2.revoke_security_group_ingress(GroupId=group, SecurityGroupRuleIds=[rule])
    assert [gone["SecurityGroupRuleId"] for gone in revoked["RevokedSecurityGroupRules"]] == [rule]
    ec2.revoke_security_group_egress(GroupId=group, IpPermissions=[EVERYTHING])
    refused("InvalidSecurityGroupRuleId.NotFound", ec2.revoke_security_group_ingress, GroupId=group,
            SecurityGroupRuleIds=[rule])
    ec2.delete_security_group(GroupId=group)
    refused("InvalidGroup.NotFound", ec2.describe_security_groups, GroupIds=[group])


def test_a_rule_may_name_a_group_and_every_kind_of_peer(ec2, vpc, group):
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[
        {"IpProtocol": "udp", "FromPort": 53, "ToPort": 53, "Ipv6Ranges": [{"CidrIpv6": "2001:db8::/32"}]},
        {"IpProtocol": "icmp", "FromPort": 8, "ToPort": -1, "IpRanges": ANYWHERE},
        {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": group, "Description": "each other"}]},
    ])
    [found] = ec2.describe_security_groups(Filters=[*only(vpc), *only("web", name="group-name")])["SecurityGroups"]
    told = {permission["IpProtocol"]: permission for permission in found["IpPermissions"]}
    assert told["udp"]["Ipv6Ranges"] == [{"CidrIpv6": "2001:db8::/32"}]
    assert (told["icmp"]["FromPort"], told["icmp"]["ToPort"]) == (8, -1)
    assert told["-1"]["UserIdGroupPairs"] == [{"GroupId": group, "UserId": ACCOUNT, "Description": "each other"}]


def test_mistakes_with_groups_have_awss_codes(ec2, vpc, group, interface, refused):
    create = ec2.create_security_group
    refused("InvalidGroup.Duplicate", create, GroupName="web", Description="again", VpcId=vpc)
    refused("InvalidGroup.Reserved", create, GroupName="default", Description="mine", VpcId=vpc)
    refused("InvalidParameterValue", create, GroupName="sg-mine", Description="mine", VpcId=vpc)
    refused("InvalidVpcID.NotFound", create, GroupName="web", Description="web", VpcId=f"vpc-{UNKNOWN}")
    refused("DependencyViolation", ec2.delete_security_group, GroupId=group)
    [default] = ec2.describe_security_groups(Filters=[*only(vpc), *only("default", name="group-name")])["SecurityGroups"]
    refused("CannotDelete", ec2.delete_security_group, GroupId=default["GroupId"])
    refused("InvalidGroup.NotFound", ec2.delete_security_group, GroupId=f"sg-{UNKNOWN}")
    refused("InvalidGroupId.Malformed", ec2.delete_security_group, GroupId="foobar")
    refused("InvalidGroupId.Malformed", ec2.describe_security_group_rules, Filters=only("foobar", name="group-id"))
    assert ec2.describe_security_group_rules(Filters=only(f"sg-{UNKNOWN}", name="group-id"))["SecurityGroupRules"] == []
    refused("InvalidSecurityGroupRuleId.NotFound", ec2.describe_security_group_rules,
            SecurityGroupRuleIds=[f"sgr-{UNKNOWN}"])


@pytest.mark.parametrize("permission", [
    {**SSH, "IpRanges": [{"CidrIp": "10.0.0.1000/24"}]},
    {**SSH, "FromPort": -1, "ToPort": -1},
    {**SSH, "FromPort": 80, "ToPort": 22},
    {**SSH, "IpProtocol": "all"},
    {**SSH, "IpProtocol": "icmp", "FromPort": 8, "ToPort": 65535},
])
def test_a_rule_that_makes_no_sense_is_refused(ec2, group, permission, refused):
    refused("InvalidParameterValue", ec2.authorize_security_group_ingress, GroupId=group, IpPermissions=[permission])


def test_mistakes_with_rules_have_awss_codes(ec2, group, refused):
    authorize, revoke = ec2.authorize_security_group_ingress, ec2.revoke_security_group_ingress
    [rule] = authorize(GroupId=group, IpPermissions=[SSH])["SecurityGroupRules"]
    refused("InvalidPermission.Duplicate", authorize, GroupId=group, IpPermissions=[EVERYTHING, SSH])
    assert len(ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissions"]) == 1
    refused("InvalidPermission.NotFound", revoke, GroupId=group, IpPermissions=[EVERYTHING])
    refused("InvalidParameterCombination", authorize, GroupId=group, IpPermissions=[EVERYTHING], CidrIp="10.0.0.0/8",
            IpProtocol="tcp", FromPort=1, ToPort=1)
    refused("MissingParameter", authorize, GroupId=group)
    refused("MissingParameter", authorize, IpPermissions=[SSH])

    def change(**rule_request):
        return ec2.modify_security_group_rules(
            GroupId=group,
            SecurityGroupRules=[
                {"SecurityGroupRuleId": rule["SecurityGroupRuleId"], "SecurityGroupRule": rule_request}
            ],
        )

    refused("InvalidParameterValue", change, CidrIpv4="10.0.0.0/8")
    refused("InvalidParameterValue", change, IpProtocol="tcp", CidrIpv4="10.0.0.0/8")
    refused("MissingParameter", change, IpProtocol="-1")
    refused("InvalidParameterCombination", change, IpProtocol="-1", CidrIpv4="10.0.0.0/8", CidrIpv6="2001:db8::/32")


def test_revoking_what_is_not_there_is_told_in_the_default_vpc_and_refused_elsewhere(ec2, vpc, group, refused):
    [default] = ec2.describe_vpcs(Filters=only("true", name="is-default"))["Vpcs"]
    made = ec2.create_security_group(GroupName="revoked", Description="r", VpcId=default["VpcId"])["GroupId"]
    answer = ec2.revoke_security_group_ingress(GroupId=made, IpPermissions=[EVERYTHING])
    assert [unknown["IpProtocol"] for unknown in answer["UnknownIpPermissions"]] == ["-1"]
    ec2.delete_security_group(GroupId=made)
    refused("InvalidPermission.NotFound", ec2.revoke_security_group_ingress, GroupId=group, IpPermissions=[EVERYTHING])


def test_a_region_a_group_an_acl_and_an_interface_hold_only_so_much(shared, ec2, vpc, subnet, group, acl, refused):
    elsewhere = shared.client("ec2", region="eu-central-1")
    for _ in range(4):  # the default one is the fifth
        elsewhere.create_vpc(CidrBlock="10.0.0.0/16")
    refused("VpcLimitExceeded", elsewhere.create_vpc, CidrBlock="10.0.0.0/16")

    many = [{**SSH, "IpRanges": [{"CidrIp": f"10.0.{number}.0/24"} for number in range(61)]}]
    refused("RulesPerSecurityGroupLimitExceeded", ec2.authorize_security_group_ingress, GroupId=group,
            IpPermissions=many)
    entry = dict(NetworkAclId=acl, Egress=False, Protocol="-1", RuleAction="deny", CidrBlock="10.0.0.0/8")
    for number in range(1, 20):  # the entry that refuses the rest is the twentieth
        ec2.create_network_acl_entry(RuleNumber=number, **entry)
    refused("NetworkAclEntryLimitExceeded", ec2.create_network_acl_entry, RuleNumber=20, **entry)
    groups = [
        ec2.create_security_group(GroupName=f"g{number}", Description="g", VpcId=vpc)["GroupId"] for number in range(6)
    ]
    refused("SecurityGroupsPerInterfaceLimitExceeded", ec2.create_network_interface, SubnetId=subnet, Groups=groups)


# ----------------------------------------------------------------- network ACLs


def test_an_acl_is_filled_changed_associated_and_deleted(ec2, vpc, subnet, acl, refused):
    entry = dict(NetworkAclId=acl, RuleNumber=100, Egress=False, Protocol="6", CidrBlock="10.0.0.0/8")
    ec2.create_network_acl_entry(**entry, RuleAction="allow", PortRange={"From": 22, "To": 22})
    ec2.replace_network_acl_entry(**entry, RuleAction="deny", PortRange={"From": 80, "To": 81})
    [found] = ec2.describe_network_acls(NetworkAclIds=[acl])["NetworkAcls"]
    [mine] = [entry for entry in found["Entries"] if entry["RuleNumber"] == 100]
    assert (mine["RuleAction"], mine["PortRange"], mine["Egress"]) == ("deny", {"From": 80, "To": 81}, False)
    assert sorted(entry["RuleNumber"] for entry in found["Entries"]) == [100, 32767, 32767]

    [default] = ec2.describe_network_acls(Filters=[*only(vpc), *only("true", name="default")])["NetworkAcls"]
    [association] = default["Associations"]
    assert association["SubnetId"] == subnet
    swapped = ec2.replace_network_acl_association(
        AssociationId=association["NetworkAclAssociationId"], NetworkAclId=acl
    )["NewAssociationId"]
    assert swapped != association["NetworkAclAssociationId"]
    refused("DependencyViolation", ec2.delete_network_acl, NetworkAclId=acl)
    ec2.replace_network_acl_association(AssociationId=swapped, NetworkAclId=default["NetworkAclId"])
    ec2.delete_network_acl_entry(NetworkAclId=acl, RuleNumber=100, Egress=False)
    ec2.delete_network_acl(NetworkAclId=acl)
    refused("InvalidNetworkAclID.NotFound", ec2.describe_network_acls, NetworkAclIds=[acl])


def test_mistakes_with_acls_have_awss_codes(ec2, vpc, acl, refused):
    def create(**parameters):
        replaces = parameters.pop("replaces", False)
        call = ec2.replace_network_acl_entry if replaces else ec2.create_network_acl_entry
        entry = dict(NetworkAclId=acl, RuleNumber=100, Egress=True, Protocol="-1", RuleAction="deny",
                     CidrBlock="0.0.0.0/0")
        return call(**{**entry, **parameters})

    create()
    refused("NetworkAclEntryAlreadyExists", create)
    refused("InvalidParameterValue", create, RuleNumber=0)
    refused("InvalidParameterValue", create, RuleNumber=32767)
    refused("InvalidParameterValue", create, RuleNumber=101, Protocol="carrier-pigeon")
    refused("MissingParameter", create, RuleNumber=101, Protocol="6")
    refused("MissingParameter", create, RuleNumber=101, Protocol="1")
    refused("InvalidNetworkAclID.NotFound", create, NetworkAclId=f"acl-{UNKNOWN}")
    refused("InvalidNetworkAclID.Malformed", create, NetworkAclId="foo")
    refused("InvalidNetworkAclEntry.NotFound", create, replaces=True, RuleNumber=102)
    refused("InvalidNetworkAclEntry.NotFound", ec2.delete_network_acl_entry, NetworkAclId=acl, RuleNumber=102,
            Egress=True)
    [default] = ec2.describe_network_acls(Filters=[*only(vpc), *only("true", name="default")])["NetworkAcls"]
    refused("InvalidParameterValue", ec2.delete_network_acl, NetworkAclId=default["NetworkAclId"])
    refused("InvalidAssociationID.NotFound", ec2.replace_network_acl_association,
            AssociationId=f"aclassoc-{UNKNOWN}", NetworkAclId=acl)


# ----------------------------------------------------------------- tags, filters, pages


def test_tags_come_are_found_and_go(ec2, vpc, group, refused):
    ec2.create_tags(Resources=[vpc, group], Tags=[{"Key": "team", "Value": "blue"}, {"Key": "empty", "Value": ""}])
    told = ec2.describe_tags(Filters=only(vpc, group, name="resource-id"))["Tags"]
    assert sorted((tag["ResourceType"], tag["Key"], tag["Value"]) for tag in told) == [
        ("security-group", "empty", ""), ("security-group", "team", "blue"), ("vpc", "empty", ""),
        ("vpc", "team", "blue"),
    ]
    mine = only(vpc)
    assert len(ec2.describe_vpcs(Filters=[*mine, *only("bl?e", name="tag:team")])["Vpcs"]) == 1
    assert len(ec2.describe_vpcs(Filters=[*mine, *only("red", "b*", name="tag:team")])["Vpcs"]) == 1
    assert len(ec2.describe_vpcs(Filters=[*mine, *only("team", name="tag-key")])["Vpcs"]) == 1
    assert ec2.describe_vpcs(Filters=[*mine, *only("BLUE", name="tag:team")])["Vpcs"] == []

    ec2.delete_tags(Resources=[vpc], Tags=[{"Key": "team", "Value": "red"}, {"Key": "empty", "Value": ""}])
    assert ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["Tags"] == [{"Key": "team", "Value": "blue"}]
    ec2.delete_tags(Resources=[vpc])
    assert ec2.describe_tags(Filters=only(vpc, name="resource-id"))["Tags"] == []

    tag = [{"Key": "aws:mine", "Value": "x"}]
    refused("InvalidTagKey.Malformed", ec2.create_tags, Resources=[vpc], Tags=tag)
    refused("InvalidID", ec2.create_tags, Resources=["foo"], Tags=[{"Key": "a", "Value": "b"}])
    refused("InvalidID", ec2.create_tags, Resources=[f"vpc-{UNKNOWN}"], Tags=[{"Key": "a", "Value": "b"}])
    many = [{"Key": f"key{number}", "Value": ""} for number in range(51)]
    refused("TagLimitExceeded", ec2.create_tags, Resources=[vpc], Tags=many)


def test_an_unknown_filter_is_refused_everywhere(ec2, refused):
    for describe in (
        ec2.describe_vpcs, ec2.describe_subnets, ec2.describe_network_interfaces, ec2.describe_security_groups,
        ec2.describe_security_group_rules, ec2.describe_network_acls, ec2.describe_tags, ec2.describe_route_tables,
        ec2.describe_internet_gateways, ec2.describe_availability_zones, ec2.describe_regions,
    ):
        refused("InvalidParameterValue", describe, Filters=only("x", name="colour"))
    refused("InvalidParameterValue", ec2.describe_flow_logs, Filter=only("x", name="colour"))


def paged(ec2, operation, result, key, **parameters):
    """What a paginator collects five at a time, after checking that there were several full pages."""
    pages = list(ec2.get_paginator(operation).paginate(PaginationConfig={"PageSize": 5}, **parameters))
    assert len(pages) > 2 and all(len(page[result]) == 5 for page in pages[:-1])
    return [item[key] for page in pages for item in page[result]]


def test_paginators_see_everything_once(ec2, vpc, subnet, role):
    numbers = range(12)
    groups = {ec2.create_security_group(GroupName=f"g{n}", Description="g", VpcId=vpc)["GroupId"] for n in numbers}
    subnets = {
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n + 10}.0/24")["Subnet"]["SubnetId"] for n in numbers
    }
    interfaces = [
        ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"] for _ in numbers
    ]
    flow_logs = create_flow_logs(ec2, role, interfaces)["FlowLogIds"]
    assert len(flow_logs) == 12

    found = paged(ec2, "describe_security_groups", "SecurityGroups", "GroupId", Filters=only(vpc))
    assert len(found) == 13 and groups < set(found)
    found = paged(ec2, "describe_subnets", "Subnets", "SubnetId", Filters=only(vpc))
    assert sorted(found) == sorted([*subnets, subnet])
    found = paged(ec2, "describe_network_interfaces", "NetworkInterfaces", "NetworkInterfaceId", Filters=only(vpc))
    assert sorted(found) == sorted(interfaces)
    found = paged(ec2, "describe_flow_logs", "FlowLogs", "FlowLogId", Filter=only(*interfaces, name="resource-id"))
    assert sorted(found) == sorted(flow_logs)


def test_pages_that_make_no_sense_are_refused(shared, interface, refused):
    ec2 = shared.client("ec2", parameter_validation=False)  # the SDK would not even ask
    for describe in (ec2.describe_security_groups, ec2.describe_subnets, ec2.describe_network_interfaces):
        refused("InvalidParameterValue", describe, MaxResults=1001)
        refused("InvalidNextToken", describe, MaxResults=5, NextToken="!")
    refused("InvalidParameterValue", ec2.describe_subnets, MaxResults=3)
    refused("InvalidParameterCombination", ec2.describe_network_interfaces, MaxResults=5,
            NetworkInterfaceIds=[interface])


# ----------------------------------------------------------------- dry runs and client tokens


def test_a_dry_run_tells_that_it_would_have_worked_and_does_nothing(ec2, vpc, subnet, group, role, refused):
    for call, parameters in (
        (ec2.create_vpc, {"CidrBlock": "10.3.0.0/16"}),
        (ec2.create_subnet, {"VpcId": vpc, "CidrBlock": "10.0.9.0/24"}),
        (ec2.create_network_interface, {"SubnetId": subnet}),
        (ec2.create_security_group, {"GroupName": "dry", "Description": "dry", "VpcId": vpc}),
        (ec2.authorize_security_group_ingress, {"GroupId": group, "IpPermissions": [SSH]}),
        (ec2.delete_vpc, {"VpcId": vpc}),
        (ec2.create_tags, {"Resources": [vpc], "Tags": [{"Key": "a", "Value": "b"}]}),
        (ec2.describe_vpcs, {}),
    ):
        refused("DryRunOperation", call, DryRun=True, status=412, **parameters)
    refused("DryRunOperation", create_flow_logs, ec2, role, [vpc], DryRun=True, ResourceType="VPC", status=412)
    assert len(ec2.describe_subnets(Filters=only(vpc))["Subnets"]) == 1
    assert ec2.describe_flow_logs(Filter=only(vpc, name="resource-id"))["FlowLogs"] == []
    [found] = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"]
    assert found["IpPermissions"] == [] and found["VpcId"] == vpc


def test_a_dry_run_tells_what_is_not_allowed(shared, refused):
    shared.client("iam").create_user(UserName="nobody")
    key = shared.client("iam").create_access_key(UserName="nobody")["AccessKey"]
    ec2 = shared.client("ec2", key["AccessKeyId"], key["SecretAccessKey"])
    refused("UnauthorizedOperation", ec2.describe_vpcs, DryRun=True, status=403)
    refused("UnauthorizedOperation", ec2.create_vpc, CidrBlock="10.3.0.0/16", DryRun=True, status=403)


def test_a_client_token_makes_a_call_once(ec2, vpc, subnet, role, refused):
    token = str(uuid.uuid4())
    ask = dict(SubnetId=subnet, Description="once", ClientToken=token)
    first = ec2.create_network_interface(**ask)["NetworkInterface"]["NetworkInterfaceId"]
    assert ec2.create_network_interface(**ask)["NetworkInterface"]["NetworkInterfaceId"] == first
    refused("IdempotentParameterMismatch", ec2.create_network_interface, **{**ask, "Description": "twice"})

    token = str(uuid.uuid4())
    first = create_flow_logs(ec2, role, [first], ClientToken=token)
    assert first["ClientToken"] == token
    again = ec2.describe_network_interfaces(Filters=only(subnet, name="subnet-id"))["NetworkInterfaces"]
    [interface] = [found["NetworkInterfaceId"] for found in again]
    assert create_flow_logs(ec2, role, [interface], ClientToken=token)["FlowLogIds"] == first["FlowLogIds"]
    refused("IdempotentParameterMismatch", create_flow_logs, ec2, role, [interface], ClientToken=token,
            TrafficType="ALL")


# ----------------------------------------------------------------- flow logs


def create_flow_logs(ec2, role, resources, **more):
    """Creates flow logs; a parameter that is None is left out."""
    ask = dict(
        ResourceIds=resources, ResourceType="NetworkInterface", TrafficType="REJECT", LogGroupName="flows",
        DeliverLogsPermissionArn=role,
    )
    return ec2.create_flow_logs(**{name: value for name, value in {**ask, **more}.items() if value is not None})


def test_a_flow_log_is_described_as_it_was_created(ec2, vpc, role):
    name = f"named-{next(_numbers)}"
    destination = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{name}"
    answer = create_flow_logs(
        ec2, role, [vpc], ResourceType="VPC", TrafficType="ALL", LogGroupName=None, LogDestination=destination,
        LogDestinationType="cloud-watch-logs", MaxAggregationInterval=60, LogFormat="${srcaddr} ${action}",
        TagSpecifications=tags("vpc-flow-log", Name="all of it"),
    )
    assert answer["Unsuccessful"] == [] and answer["ClientToken"]
    [found] = ec2.describe_flow_logs(FlowLogIds=answer["FlowLogIds"])["FlowLogs"]
    assert found.pop("CreationTime")
    assert found == {
        "DeliverLogsPermissionArn": role, "DeliverLogsStatus": "SUCCESS", "FlowLogId": answer["FlowLogIds"][0],
        "FlowLogStatus": "ACTIVE", "LogGroupName": name, "ResourceId": vpc, "TrafficType": "ALL",
        "LogDestinationType": "cloud-watch-logs", "LogDestination": destination,
        "LogFormat": "${srcaddr} ${action}", "Tags": [{"Key": "Name", "Value": "all of it"}],
        "MaxAggregationInterval": 60,
    }


def test_flow_logs_have_awss_defaults_and_filters(ec2, interface, role):
    [made] = create_flow_logs(ec2, role, [interface])["FlowLogIds"]
    ec2.create_tags(Resources=[made], Tags=[{"Key": "colour", "Value": "blue"}])
    mine = only(interface, name="resource-id")
    for name, value in (
        ("deliver-log-status", "SUCCESS"), ("log-destination-type", "cloud-watch-logs"), ("flow-log-id", made),
        ("log-group-name", "fl?ws"), ("resource-id", interface), ("traffic-type", "REJECT"), ("tag:colour", "blue"),
        ("tag-key", "colour"),
    ):
        [found] = ec2.describe_flow_logs(Filter=[*mine, *only(value, name=name)])["FlowLogs"]
        assert found["FlowLogId"] == made
        assert ec2.describe_flow_logs(Filter=[*mine, *only("else", name=name)])["FlowLogs"] == []
    assert found["MaxAggregationInterval"] == 600
    assert found["LogFormat"].startswith("${version} ${account-id} ${interface-id} ${srcaddr}")
    assert ec2.delete_flow_logs(FlowLogIds=[made])["Unsuccessful"] == []


def test_one_resources_failure_is_told_among_the_successes(ec2, interface, subnet, role, refused):
    other = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    create_flow_logs(ec2, role, [interface])
    answer = create_flow_logs(ec2, role, [interface, other])
    [made] = answer["FlowLogIds"]
    [failure] = answer["Unsuccessful"]
    assert (failure["ResourceId"], failure["Error"]["Code"]) == (interface, "400")
    assert "existing Flow Log" in failure["Error"]["Message"]
    [found] = ec2.describe_flow_logs(FlowLogIds=[made])["FlowLogs"]
    assert found["ResourceId"] == other
    refused("FlowLogAlreadyExists", create_flow_logs, ec2, role, [other])
    assert create_flow_logs(ec2, role, [other], TrafficType="ACCEPT")["Unsuccessful"] == []


GROUP_ARN = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:flows"


@pytest.mark.parametrize("code, change", [
    ("InvalidParameter", {"LogDestination": GROUP_ARN}),
    ("InvalidParameter", {"LogGroupName": None}),
    ("InvalidParameter", {"LogDestinationType": "s3"}),
    ("InvalidParameter", {"LogDestinationType": "s3", "LogGroupName": None, "LogDestination": "arn:aws:s3:::b"}),
    ("InvalidParameter", {"DeliverLogsPermissionArn": None}),
    ("InvalidParameter", {"DeliverLogsPermissionArn": f"arn:aws:iam::{ACCOUNT}:role/missing"}),
    ("InvalidParameter", {"MaxAggregationInterval": 61}),
    ("InvalidParameter", {"DeliverCrossAccountRole": f"arn:aws:iam::{ACCOUNT}:role/flowlogs"}),
    ("InvalidParameterValue", {"LogFormat": "${srcaddr} ${colour}"}),
    ("InvalidParameterValue", {"LogFormat": "srcaddr"}),
    ("InvalidParameterValue", {"ResourceType": "Instance"}),
    ("InvalidParameterValue", {"TrafficType": "SOME"}),
    ("InvalidParameterValue", {"LogDestinationType": "syslog"}),
    ("InvalidParameterValue", {"DeliverLogsPermissionArn": "flowlogs"}),
    ("InvalidParameterValue", {"LogGroupName": None, "LogDestination": "arn:aws:s3:::b"}),
    ("InvalidParameterValue", {"TagSpecifications": tags("vpc", a="b")}),
    ("MissingParameter", {"TrafficType": None}),
    ("MissingParameter", {"ResourceIds": []}),
    ("InvalidNetworkInterfaceID.NotFound", {"ResourceIds": [f"eni-{UNKNOWN}"]}),
    ("InvalidSubnetID.NotFound", {"ResourceIds": [f"subnet-{UNKNOWN}"], "ResourceType": "Subnet"}),
    ("InvalidVpcID.NotFound", {"ResourceIds": [f"vpc-{UNKNOWN}"], "ResourceType": "VPC"}),
    # What AWS has and there is not here is refused, never passed over.
    ("UnsupportedOperation", {"ResourceIds": [f"tgw-{UNKNOWN}"], "ResourceType": "TransitGateway"}),
    ("UnsupportedOperation", {
        "LogDestinationType": "s3", "LogGroupName": None, "LogDestination": "arn:aws:s3:::b",
        "DeliverLogsPermissionArn": None,
    }),
])
def test_a_flow_log_that_cannot_be_is_refused_and_not_made(ec2, default_interface, role, refused, code, change):
    before = ec2.describe_flow_logs()["FlowLogs"]
    error = refused(code, create_flow_logs, ec2, role, **{"resources": [default_interface], **lowered(change)})
    if "missing" in str(change.get("DeliverLogsPermissionArn")):
        assert error["Message"].startswith("Unable to assume given IAM role")  # Terraform waits for these words
    assert ec2.describe_flow_logs()["FlowLogs"] == before


def lowered(change):
    """A change of parameters, where the resources are an argument of ours."""
    return {("resources" if name == "ResourceIds" else name): value for name, value in change.items()}


@pytest.fixture(scope="module")
def default_interface(shared):
    return shared.interface()["NetworkInterfaceId"]


def test_unknown_flow_logs_are_refused(ec2, vpc, role, refused):
    [made] = create_flow_logs(ec2, role, [vpc], ResourceType="VPC")["FlowLogIds"]
    missing = f"fl-{UNKNOWN}"
    refused("InvalidFlowLogId.NotFound", ec2.describe_flow_logs, FlowLogIds=[made, missing])
    refused("InvalidFlowLogId.NotFound", ec2.delete_flow_logs, FlowLogIds=[made, missing])
    assert len(ec2.describe_flow_logs(FlowLogIds=[made])["FlowLogs"]) == 1, "all or nothing"
    refused("InvalidParameterValue", ec2.delete_flow_logs, FlowLogIds=["nonsense"])
    refused("MissingParameter", ec2.delete_flow_logs, FlowLogIds=[])


# ----------------------------------------------------------------- the rest


def test_an_instance_is_told_by_its_interfaces(ec2, interface, refused):
    assert ec2.describe_instances(Filters=only(interface, name="network-interface.network-interface-id"))["Reservations"] == []
    attached = ec2.attach_network_interface(NetworkInterfaceId=interface, InstanceId=INSTANCE, DeviceIndex=0)
    [reservation] = ec2.describe_instances(InstanceIds=[INSTANCE])["Reservations"]
    [instance] = reservation["Instances"]
    assert instance["State"] == {"Code": 16, "Name": "running"}
    assert [found["NetworkInterfaceId"] for found in instance["NetworkInterfaces"]] == [interface]
    ec2.detach_network_interface(AttachmentId=attached["AttachmentId"], Force=True)
    refused("InvalidInstanceID.NotFound", ec2.describe_instances, InstanceIds=[INSTANCE])


def test_an_account_tells_its_attributes(ec2):
    [default] = ec2.describe_vpcs(Filters=only("true", name="is-default"))["Vpcs"]
    told = ec2.describe_account_attributes()["AccountAttributes"]
    values = {it["AttributeName"]: [value["AttributeValue"] for value in it["AttributeValues"]] for it in told}
    assert values["default-vpc"] == [default["VpcId"]] and values["supported-platforms"] == ["VPC"]


def test_what_there_is_not_is_refused_in_awss_way(ec2, refused):
    refused("InvalidAction", ec2.describe_nat_gateways)


def test_every_operation_has_answered(shared, whole_module):
    elsewhere = ADDRESSING | ROUTING | PREFIX_LISTS | PEERINGS | REFERENCES
    assert registered("ec2") - elsewhere - shared.answered == set()
