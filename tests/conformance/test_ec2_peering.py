"""VPC peering connections by the AWS SDK, of two accounts and two regions (vpc-filtering.md §8).

Codes are those of AWS's error list; texts are not compared.
"""

import re

import pytest

from lab import ACCOUNT, REGION, Lab
from test_ec2 import PEERINGS, UNKNOWN, delete_with_all_in_it, only, tags

OTHER = "210987654321"
FAR = "us-west-2"
CONFIG = f'[server]\naccounts = ["{ACCOUNT}", "{OTHER}"]\n'


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """One server with two accounts."""
    with Lab(tmp_path_factory.mktemp("peering"), CONFIG) as running:
        yield running


def other_root(lab, **more):
    """A client of the other account's root."""
    text = (lab.data / "credentials").read_text()
    key, secret = re.search(
        rf"\[{OTHER}\]\naws_access_key_id = (\S+)\naws_secret_access_key = (\S+)", text
    ).groups()
    return lab.client("ec2", key=key, secret=secret, **more)


@pytest.fixture
def ec2(shared):
    return shared.client("ec2")


@pytest.fixture
def other(shared):
    return other_root(shared)


@pytest.fixture
def vpc(shared, ec2):
    yield from temporary(shared.client("ec2", checked=False), "10.0.0.0/16")


@pytest.fixture
def peer(shared, ec2):
    """Another VPC of the same account."""
    yield from temporary(shared.client("ec2", checked=False), "10.1.0.0/16")


@pytest.fixture
def theirs(shared):
    """A VPC of the other account."""
    yield from temporary(other_root(shared, checked=False), "10.1.0.0/16")


def temporary(ec2, block):
    vpc = ec2.create_vpc(CidrBlock=block)["Vpc"]["VpcId"]
    yield vpc
    end_connections(ec2, vpc)
    delete_with_all_in_it(ec2, vpc)


def end_connections(ec2, vpc):
    for side in ("requester", "accepter"):
        of_vpc = only(vpc, name=f"{side}-vpc-info.vpc-id")
        for found in ec2.describe_vpc_peering_connections(Filters=of_vpc)["VpcPeeringConnections"]:
            pending = found["Status"]["Code"] == "pending-acceptance"
            if found["Status"]["Code"] == "active" or pending and side == "requester":
                ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=found["VpcPeeringConnectionId"])
            elif pending:
                ec2.reject_vpc_peering_connection(VpcPeeringConnectionId=found["VpcPeeringConnectionId"])


def request(ec2, vpc, peer, **more):
    made = ec2.create_vpc_peering_connection(VpcId=vpc, PeerVpcId=peer, **more)["VpcPeeringConnection"]
    assert made["Status"]["Code"] == "initiating-request"
    return made["VpcPeeringConnectionId"]


def found(ec2, peering):
    [described] = ec2.describe_vpc_peering_connections(VpcPeeringConnectionIds=[peering])["VpcPeeringConnections"]
    return described


def code(ec2, peering):
    return found(ec2, peering)["Status"]["Code"]


def test_a_request_of_the_same_account_is_accepted_and_deleted(ec2, vpc, peer):
    peering = request(ec2, vpc, peer)
    waiting = found(ec2, peering)
    assert waiting["Status"] == {"Code": "pending-acceptance", "Message": f"Pending Acceptance by {ACCOUNT}"}
    assert waiting["ExpirationTime"] and waiting["Tags"] == []
    assert waiting["AccepterVpcInfo"] == {"OwnerId": ACCOUNT, "Region": REGION, "VpcId": peer}
    assert waiting["RequesterVpcInfo"] == {
        "CidrBlock": "10.0.0.0/16",
        "CidrBlockSet": [{"CidrBlock": "10.0.0.0/16"}],
        "OwnerId": ACCOUNT,
        "PeeringOptions": {
            "AllowDnsResolutionFromRemoteVpc": False,
            "AllowEgressFromLocalClassicLinkToRemoteVpc": False,
            "AllowEgressFromLocalVpcToRemoteClassicLink": False,
        },
        "VpcId": vpc,
        "Region": REGION,
    }
    accepted = ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=peering)["VpcPeeringConnection"]
    assert accepted["Status"] == {"Code": "provisioning", "Message": "Provisioning"}
    active = found(ec2, peering)
    assert active["Status"] == {"Code": "active", "Message": "Active"}
    assert active["AccepterVpcInfo"]["CidrBlock"] == "10.1.0.0/16" and "ExpirationTime" not in active
    assert ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=peering)["Return"] is True
    assert found(ec2, peering)["Status"] == {"Code": "deleted", "Message": f"Deleted by {ACCOUNT}"}


def test_the_waiters_of_the_sdk_find_connections(ec2, vpc, peer):
    peering = request(ec2, vpc, peer)
    once = {"VpcPeeringConnectionIds": [peering], "WaiterConfig": {"Delay": 1, "MaxAttempts": 1}}
    ec2.get_waiter("vpc_peering_connection_exists").wait(**once)
    ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=peering)
    ec2.get_waiter("vpc_peering_connection_deleted").wait(**once)


def test_the_other_account_accepts_or_rejects(ec2, other, vpc, theirs, refused):
    peering = request(ec2, vpc, theirs, PeerOwnerId=OTHER)
    by_id = {"VpcPeeringConnectionId": peering}
    refused("OperationNotPermitted", ec2.accept_vpc_peering_connection, **by_id)
    refused("OperationNotPermitted", ec2.reject_vpc_peering_connection, **by_id)
    refused("InvalidStateTransition", other.delete_vpc_peering_connection, **by_id)
    assert other.reject_vpc_peering_connection(**by_id)["Return"] is True
    assert code(ec2, peering) == code(other, peering) == "rejected"
    refused("InvalidStateTransition", other.accept_vpc_peering_connection, **by_id)

    peering = request(ec2, vpc, theirs, PeerOwnerId=OTHER)
    other.accept_vpc_peering_connection(VpcPeeringConnectionId=peering)
    assert code(ec2, peering) == code(other, peering) == "active"
    assert found(other, peering)["RequesterVpcInfo"]["OwnerId"] == ACCOUNT
    other.delete_vpc_peering_connection(VpcPeeringConnectionId=peering)
    assert found(ec2, peering)["Status"]["Message"] == f"Deleted by {OTHER}"


def test_each_side_has_tags_of_its_own(ec2, other, vpc, theirs):
    specification = tags("vpc-peering-connection", Name="ours")
    peering = request(ec2, vpc, theirs, PeerOwnerId=OTHER, TagSpecifications=specification)
    assert found(other, peering)["Tags"] == []
    other.create_tags(Resources=[peering], Tags=[{"Key": "Name", "Value": "theirs"}])
    other.accept_vpc_peering_connection(VpcPeeringConnectionId=peering)
    assert found(ec2, peering)["Tags"] == [{"Key": "Name", "Value": "ours"}]
    assert found(other, peering)["Tags"] == [{"Key": "Name", "Value": "theirs"}]
    by_tag = ec2.describe_vpc_peering_connections(Filters=only("ours", name="tag:Name"))["VpcPeeringConnections"]
    assert [one["VpcPeeringConnectionId"] for one in by_tag] == [peering]


def test_overlapping_blocks_make_a_failed_connection(shared, ec2, vpc, refused):
    overlapping = ec2.create_vpc(CidrBlock="10.0.128.0/17")["Vpc"]["VpcId"]
    try:
        for peer in (overlapping, f"vpc-{UNKNOWN}", vpc):
            peering = request(ec2, vpc, peer)
            assert code(ec2, peering) == "failed"
            for act in (ec2.accept_vpc_peering_connection, ec2.delete_vpc_peering_connection):
                refused("InvalidStateTransition", act, VpcPeeringConnectionId=peering)
    finally:
        delete_with_all_in_it(shared.client("ec2", checked=False), overlapping)


def test_two_vpcs_have_one_connection_which_holds_them(ec2, vpc, peer, refused):
    peering = request(ec2, vpc, peer)
    refused("VpcPeeringConnectionAlreadyExists", ec2.create_vpc_peering_connection, VpcId=peer, PeerVpcId=vpc)
    ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=peering)
    for held in (vpc, peer):
        refused("DependencyViolation", ec2.delete_vpc, VpcId=held)


def test_a_request_goes_with_the_vpc_that_made_it(shared, ec2, peer):
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    peering = request(ec2, vpc, peer)
    ec2.delete_vpc(VpcId=vpc)
    assert code(ec2, peering) == "deleted"


def test_a_connection_across_regions_is_accepted_in_the_other(shared, ec2, vpc, refused):
    far = shared.client("ec2", region=FAR)
    peer = far.create_vpc(CidrBlock="10.2.0.0/16")["Vpc"]["VpcId"]
    peering = request(ec2, vpc, peer, PeerRegion=FAR)
    refused("OperationNotPermitted", ec2.accept_vpc_peering_connection, VpcPeeringConnectionId=peering)
    far.accept_vpc_peering_connection(VpcPeeringConnectionId=peering)
    assert found(ec2, peering)["AccepterVpcInfo"]["Region"] == FAR
    options = {"AllowDnsResolutionFromRemoteVpc": True}
    refused(
        "OperationNotPermitted",
        ec2.modify_vpc_peering_connection_options,
        VpcPeeringConnectionId=peering,
        AccepterPeeringConnectionOptions=options,
    )
    ec2.modify_vpc_peering_connection_options(VpcPeeringConnectionId=peering, RequesterPeeringConnectionOptions=options)
    assert found(far, peering)["RequesterVpcInfo"]["PeeringOptions"]["AllowDnsResolutionFromRemoteVpc"] is True
    far.delete_vpc_peering_connection(VpcPeeringConnectionId=peering)
    far.delete_vpc(VpcId=peer)


def test_ids_and_parameters_are_checked(ec2, vpc, refused):
    unknown, malformed = f"pcx-{UNKNOWN}", "pcx-x"
    for act in (
        ec2.accept_vpc_peering_connection,
        ec2.reject_vpc_peering_connection,
        ec2.delete_vpc_peering_connection,
    ):
        refused("InvalidVpcPeeringConnectionID.NotFound", act, VpcPeeringConnectionId=unknown)
        refused("InvalidVpcPeeringConnectionId.Malformed", act, VpcPeeringConnectionId=malformed)
    refused(
        "InvalidVpcPeeringConnectionID.NotFound",
        ec2.describe_vpc_peering_connections,
        VpcPeeringConnectionIds=[unknown],
    )
    refused("MissingParameter", ec2.create_vpc_peering_connection, VpcId=vpc)
    refused(
        "DryRunOperation",
        ec2.create_vpc_peering_connection,
        VpcId=vpc,
        PeerVpcId=f"vpc-{UNKNOWN}",
        DryRun=True,
        status=412,
    )
    refused("InvalidParameterValue", ec2.describe_vpc_peering_connections, Filters=only("x", name="colour"))


def test_a_flow_log_is_over_ones_own_vpc_however_it_is_peered(shared, ec2, other, vpc, theirs, refused):
    """`vpc-filtering.md` §8: no records of a peer's interfaces."""
    peering = request(ec2, vpc, theirs, PeerOwnerId=OTHER)
    other.accept_vpc_peering_connection(VpcPeeringConnectionId=peering)
    subnet = other.create_subnet(VpcId=theirs, CidrBlock="10.1.1.0/24")["Subnet"]["SubnetId"]
    interface = other.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    flow_log = {
        "TrafficType": "ALL",
        "LogGroupName": "flows",
        "DeliverLogsPermissionArn": shared.role(),
    }
    for not_found, kind, resource in [
        ("InvalidVpcID.NotFound", "VPC", theirs),
        ("InvalidSubnetID.NotFound", "Subnet", subnet),
        ("InvalidNetworkInterfaceID.NotFound", "NetworkInterface", interface),
    ]:
        refused(not_found, ec2.create_flow_logs, ResourceIds=[resource], ResourceType=kind, **flow_log)
    assert ec2.create_flow_logs(ResourceIds=[vpc], ResourceType="VPC", **flow_log)["Unsuccessful"] == []


def test_every_operation_of_peering_has_answered(shared, whole_module):
    assert PEERINGS - shared.answered == set()
