"""Security groups referred to over peering connections, by the AWS SDK (vpc-filtering.md §2.4).

Codes are those of AWS's error list; texts are not compared.
"""

import pytest

import capture
from lab import ACCOUNT, Lab, eventually
from test_ec2 import REFERENCES, UNKNOWN, delete_with_all_in_it, only, tags
from test_ec2_peering import CONFIG, OTHER, end_connections, other_root, request
from test_flow_logs import GROUP, make

HTTPS = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """One server with two accounts."""
    with Lab(tmp_path_factory.mktemp("references"), CONFIG) as running:
        yield running


@pytest.fixture
def ec2(shared):
    return shared.client("ec2")


@pytest.fixture
def peered(shared, ec2):
    """Two VPCs of the account with a group each, and their connection."""
    unchecked = shared.client("ec2", checked=False)
    vpcs = [ec2.create_vpc(CidrBlock=f"10.{n}.0.0/16")["Vpc"]["VpcId"] for n in (0, 1)]
    web, app = [new_group(ec2, vpc, name) for vpc, name in zip(vpcs, ("web", "app"))]
    peering = request(ec2, *vpcs)
    ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=peering)
    yield *vpcs, web, app, peering
    for vpc in vpcs:
        end_connections(unchecked, vpc)
        delete_with_all_in_it(unchecked, vpc)


def new_group(ec2, vpc, name, **more):
    return ec2.create_security_group(GroupName=name, Description="of a test", VpcId=vpc, **more)["GroupId"]


def from_group(group, **more):
    return [{**HTTPS, "UserIdGroupPairs": [{"GroupId": group, **more}]}]


def test_a_rule_refers_to_a_group_of_a_peered_vpc(ec2, peered, refused):
    vpc, peer, web, app, peering = peered
    made = ec2.authorize_security_group_ingress(GroupId=web, IpPermissions=from_group(app))["SecurityGroupRules"]
    assert made[0]["ReferencedGroupInfo"] == {
        "GroupId": app,
        "UserId": ACCOUNT,
        "VpcId": peer,
        "VpcPeeringConnectionId": peering,
        "PeeringStatus": "active",
    }
    [permission] = ec2.describe_security_groups(GroupIds=[web])["SecurityGroups"][0]["IpPermissions"]
    [pair] = permission["UserIdGroupPairs"]
    assert (pair["VpcId"], pair["VpcPeeringConnectionId"], pair["PeeringStatus"]) == (peer, peering, "active")
    references = ec2.describe_security_group_references(GroupId=[app, web])["SecurityGroupReferenceSet"]
    assert references == [{"GroupId": app, "ReferencingVpcId": vpc, "VpcPeeringConnectionId": peering}]
    duplicate = "InvalidPermission.Duplicate"
    refused(duplicate, ec2.authorize_security_group_ingress, GroupId=web, IpPermissions=from_group(app))
    way = from_group(app, VpcPeeringConnectionId=f"pcx-{UNKNOWN}")
    code = "InvalidVpcPeeringConnectionID.NotFound"
    refused(code, ec2.authorize_security_group_egress, GroupId=web, IpPermissions=way)


def test_rules_are_stale_when_the_connection_or_the_group_is_gone(ec2, peered, refused):
    vpc, peer, web, app, peering = peered
    ec2.authorize_security_group_ingress(GroupId=web, IpPermissions=from_group(app))
    ec2.authorize_security_group_egress(GroupId=web, IpPermissions=from_group(app))
    assert ec2.describe_stale_security_groups(VpcId=vpc)["StaleSecurityGroupSet"] == []
    ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=peering)
    [stale] = ec2.describe_stale_security_groups(VpcId=vpc)["StaleSecurityGroupSet"]
    assert (stale["GroupId"], stale["GroupName"], stale["VpcId"]) == (web, "web", vpc)
    [permission] = stale["StaleIpPermissions"]
    assert (permission["IpProtocol"], permission["FromPort"], permission["ToPort"]) == ("tcp", 443, 443)
    assert permission["UserIdGroupPairs"] == [
        {
            "GroupId": app,
            "GroupName": "app",
            "UserId": ACCOUNT,
            "VpcId": peer,
            "VpcPeeringConnectionId": peering,
            "PeeringStatus": "deleted",
        }
    ]
    assert len(stale["StaleIpPermissionsEgress"]) == 1
    assert ec2.describe_security_group_references(GroupId=[app])["SecurityGroupReferenceSet"] == []
    not_found = "InvalidGroup.NotFound"
    refused(not_found, ec2.authorize_security_group_ingress, GroupId=web, IpPermissions=from_group(app))
    ec2.delete_security_group(GroupId=app)
    [stale] = ec2.describe_stale_security_groups(VpcId=vpc)["StaleSecurityGroupSet"]
    assert "UserId" not in stale["StaleIpPermissions"][0]["UserIdGroupPairs"][0]
    ec2.revoke_security_group_ingress(GroupId=web, IpPermissions=from_group(app))
    ec2.revoke_security_group_egress(GroupId=web, IpPermissions=from_group(app))
    assert ec2.describe_stale_security_groups(VpcId=vpc)["StaleSecurityGroupSet"] == []


def test_the_groups_of_a_vpc_are_told_in_pages(ec2, peered, refused):
    vpc, _, web, _, _ = peered
    for number in range(6):
        new_group(ec2, vpc, f"g{number}", TagSpecifications=tags("security-group", Name=f"g{number}"))
    pages = ec2.get_paginator("get_security_groups_for_vpc").paginate(VpcId=vpc, PaginationConfig={"PageSize": 5})
    names = [group["GroupName"] for page in pages for group in page["SecurityGroupForVpcs"]]
    assert sorted(names) == ["default", *(f"g{number}" for number in range(6)), "web"]
    [group] = ec2.get_security_groups_for_vpc(VpcId=vpc, Filters=only("web", name="group-name"))["SecurityGroupForVpcs"]
    assert (group["GroupId"], group["OwnerId"], group["PrimaryVpcId"]) == (web, ACCOUNT, vpc)
    for act in (ec2.get_security_groups_for_vpc, ec2.describe_stale_security_groups):
        refused("InvalidVpcID.NotFound", act, VpcId=f"vpc-{UNKNOWN}")
    refused("InvalidGroup.NotFound", ec2.describe_security_group_references, GroupId=[f"sg-{UNKNOWN}"])


def test_members_of_another_accounts_group_are_let_in_while_the_vpcs_are_peered(tmp_path):
    with Lab(tmp_path, CONFIG) as lab:
        ec2, other = lab.client("ec2"), other_root(lab)
        theirs = other.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
        app = new_group(other, theirs, "app")
        subnet = other.create_subnet(VpcId=theirs, CidrBlock="10.1.1.0/24")["Subnet"]["SubnetId"]
        other.create_network_interface(SubnetId=subnet, Groups=[app], PrivateIpAddress="10.1.1.10")
        vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
        web = new_group(ec2, vpc, "web")
        peering = request(ec2, vpc, theirs, PeerOwnerId=OTHER)
        other.accept_vpc_peering_connection(VpcPeeringConnectionId=peering)
        permissions = from_group(app, UserId=OTHER)
        [rule] = ec2.authorize_security_group_ingress(GroupId=web, IpPermissions=permissions)["SecurityGroupRules"]
        server = lab.interface("172.31.16.50", groups=[web])["NetworkInterfaceId"]
        make(lab, lab.role(), server, LogFormat="${srcaddr} ${action} ${x-deciding-rule}")
        packets = [
            (1000.0, capture.tcp("10.1.1.10", "172.31.16.50", 40000, 443)),
            (1000.1, capture.tcp("10.1.1.11", "172.31.16.50", 40001, 443)),
        ]
        lab.replay("host", server, capture.write(tmp_path / "peered.pcap", packets))

        events = eventually(lambda: lab.events(GROUP, f"{server}-all"))
        records = {event["message"].split()[0]: event["message"].split()[1:] for event in events}
        assert records["10.1.1.10"][0] == "ACCEPT" and rule["SecurityGroupRuleId"] in records["10.1.1.10"][1]
        assert records["10.1.1.11"][0] == "REJECT"


def test_every_operation_of_references_has_answered(shared, whole_module):
    assert REFERENCES - shared.answered == set()
