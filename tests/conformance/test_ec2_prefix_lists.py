"""Managed prefix lists by the AWS SDK, rules that name them, and records judged by them (vpc-filtering.md §2.5, §2.6).

Codes are those of AWS's error list; texts are not compared.
"""

import json
import uuid

import pytest

import capture
from lab import ACCOUNT, REGION, eventually
from test_ec2 import PREFIX_LISTS, UNKNOWN, delete_with_all_in_it, only, tags
from test_flow_logs import GROUP, make

FORMAT = (
    "${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} ${flow-direction} ${start} ${end} "
    "${action} ${x-deciding-rule}"
)
HTTP = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80}


@pytest.fixture
def ec2(shared):
    return shared.client("ec2")


@pytest.fixture
def group(shared, ec2):
    """A security group in a VPC of this test's own."""
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    yield ec2.create_security_group(GroupName="web", Description="web", VpcId=vpc)["GroupId"]
    delete_with_all_in_it(shared.client("ec2", checked=False), vpc)


def new(ec2, *blocks, size=10, family="IPv4", **more):
    made = ec2.create_managed_prefix_list(
        PrefixListName="office",
        AddressFamily=family,
        MaxEntries=size,
        Entries=[{"Cidr": block, "Description": f"office {block}"} for block in blocks],
        **more,
    )["PrefixList"]
    assert made["State"] == "create-in-progress"
    return made["PrefixListId"]


def found(ec2, prefix_list):
    [described] = ec2.describe_managed_prefix_lists(PrefixListIds=[prefix_list])["PrefixLists"]
    return described


def blocks(ec2, prefix_list, **more):
    pages = ec2.get_paginator("get_managed_prefix_list_entries").paginate(PrefixListId=prefix_list, **more)
    return [entry["Cidr"] for page in pages for entry in page["Entries"]]


def from_list(prefix_list, **rule):
    return [{**HTTP, **rule, "PrefixListIds": [{"PrefixListId": prefix_list, "Description": "offices"}]}]


def test_a_list_is_made_described_and_deleted(ec2, refused):
    made = new(ec2, "10.1.0.0/16", "203.0.113.7/24", TagSpecifications=tags("prefix-list", Name="office"))
    described = found(ec2, made)
    assert described == {
        "PrefixListId": made,
        "AddressFamily": "IPv4",
        "State": "create-complete",
        "PrefixListArn": f"arn:aws:ec2:{REGION}:{ACCOUNT}:prefix-list/{made}",
        "PrefixListName": "office",
        "MaxEntries": 10,
        "Version": 1,
        "Tags": [{"Key": "Name", "Value": "office"}],
        "OwnerId": ACCOUNT,
    }
    assert blocks(ec2, made) == ["10.1.0.0/16", "203.0.113.0/24"]
    filters = [*only("off*", name="prefix-list-name"), *only(made, name="prefix-list-id")]
    by_name = ec2.describe_managed_prefix_lists(Filters=filters)
    assert [one["PrefixListId"] for one in by_name["PrefixLists"]] == [made]
    ec2.create_tags(Resources=[made], Tags=[{"Key": "site", "Value": "zurich"}])
    by_tag = ec2.describe_managed_prefix_lists(Filters=only("zurich", name="tag:site"))["PrefixLists"]
    assert [one["PrefixListId"] for one in by_tag] == [made]
    assert ec2.delete_managed_prefix_list(PrefixListId=made)["PrefixList"]["State"] == "delete-in-progress"
    refused("InvalidPrefixListID.NotFound", ec2.describe_managed_prefix_lists, PrefixListIds=[made])


def test_a_client_token_makes_one_list(ec2, refused):
    token = str(uuid.uuid4())
    first = new(ec2, "10.0.0.0/8", ClientToken=token)
    assert new(ec2, "10.0.0.0/8", ClientToken=token) == first
    refused(
        "IdempotentParameterMismatch",
        ec2.create_managed_prefix_list,
        PrefixListName="other",
        AddressFamily="IPv4",
        MaxEntries=10,
        ClientToken=token,
    )


def test_versions_are_made_by_entries_and_restored(ec2, refused):
    made = new(ec2, "10.1.0.0/16")
    answer = ec2.modify_managed_prefix_list(
        PrefixListId=made,
        CurrentVersion=1,
        AddEntries=[{"Cidr": "10.2.0.0/16"}],
        RemoveEntries=[{"Cidr": "10.1.0.0/16"}],
    )["PrefixList"]
    assert answer["State"] == "modify-in-progress"
    assert (found(ec2, made)["State"], found(ec2, made)["Version"]) == ("modify-complete", 2)
    assert (blocks(ec2, made), blocks(ec2, made, TargetVersion=1)) == (["10.2.0.0/16"], ["10.1.0.0/16"])
    ec2.modify_managed_prefix_list(PrefixListId=made, PrefixListName="branch")
    assert (found(ec2, made)["PrefixListName"], found(ec2, made)["Version"]) == ("branch", 2)
    stale = {"PrefixListId": made, "CurrentVersion": 1}
    refused("PrefixListVersionMismatch", ec2.modify_managed_prefix_list, **stale, AddEntries=[{"Cidr": "10.3.0.0/16"}])
    refused("PrefixListVersionMismatch", ec2.restore_managed_prefix_list_version, **stale, PreviousVersion=1)
    restored = ec2.restore_managed_prefix_list_version(PrefixListId=made, CurrentVersion=2, PreviousVersion=1)
    assert restored["PrefixList"]["State"] == "restore-in-progress"
    assert (found(ec2, made)["State"], blocks(ec2, made)) == ("restore-complete", ["10.1.0.0/16"])


def test_entries_come_in_pages(ec2):
    made = new(ec2, *(f"10.{n}.0.0/16" for n in range(7)))
    assert len(blocks(ec2, made, PaginationConfig={"PageSize": 3})) == 7
    new(ec2, "fd00::/8", family="IPv6")
    pages = ec2.get_paginator("describe_managed_prefix_lists").paginate(PaginationConfig={"PageSize": 1})
    assert all(len(page["PrefixLists"]) == 1 for page in pages)


@pytest.mark.parametrize(
    "code, wrong",
    [
        ("InvalidParameterValue", {"MaxEntries": 1001}),
        ("InvalidParameterValue", {"MaxEntries": 0}),
        ("InvalidParameterValue", {"AddressFamily": "IPv5"}),
        ("InvalidParameterValue", {"PrefixListName": "com.amazonaws.us-east-1.s3"}),
        ("InvalidParameterValue", {"Entries": [{"Cidr": "fd00::/8"}]}),
        ("InvalidParameterValue", {"Entries": [{"Cidr": "10.0.0.0/33"}]}),
        ("InvalidPrefixListModification", {"Entries": [{"Cidr": "10.0.0.0/8"}, {"Cidr": "10.0.0.1/8"}]}),
        ("PrefixListMaxEntriesExceeded", {"Entries": [{"Cidr": f"10.{n}.0.0/16"} for n in range(3)]}),
    ],
)
def test_what_is_no_list_is_refused(ec2, refused, code, wrong):
    right = {"PrefixListName": "office", "AddressFamily": "IPv4", "MaxEntries": 2}
    refused(code, ec2.create_managed_prefix_list, **{**right, **wrong})


def test_what_is_no_change_is_refused(ec2, refused):
    made = new(ec2, "10.1.0.0/16")
    added = [{"Cidr": "10.2.0.0/16"}]
    for code, change in [
        ("InvalidParameterCombination", {"MaxEntries": 20, "AddEntries": added}),
        ("InvalidParameterValue", {"AddEntries": added, "RemoveEntries": added}),
        ("InvalidPrefixListModification", {"RemoveEntries": added}),
        ("InvalidPrefixListModification", {"AddEntries": [{"Cidr": "10.1.0.0/16"}]}),
    ]:
        refused(code, ec2.modify_managed_prefix_list, PrefixListId=made, CurrentVersion=1, **change)
    refused("InvalidPrefixListID.NotFound", ec2.delete_managed_prefix_list, PrefixListId=f"pl-{UNKNOWN}")
    refused("InvalidPrefixListID.Malformed", ec2.delete_managed_prefix_list, PrefixListId="pl-office")
    refused("DryRunOperation", ec2.delete_managed_prefix_list, PrefixListId=made, DryRun=True, status=412)


def test_of_awss_services_there_are_no_lists(ec2):
    assert ec2.describe_prefix_lists()["PrefixLists"] == []


def test_a_rule_names_a_list_which_stays_as_long(ec2, group, refused):
    made = new(ec2, "10.1.0.0/16")
    [rule] = ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=from_list(made))["SecurityGroupRules"]
    assert (rule["PrefixListId"], rule["Description"]) == (made, "offices")
    [permission] = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissions"]
    assert permission["PrefixListIds"] == [{"Description": "offices", "PrefixListId": made}]
    associations = ec2.get_managed_prefix_list_associations(PrefixListId=made)["PrefixListAssociations"]
    assert associations == [{"ResourceId": group, "ResourceOwner": ACCOUNT}]
    refused("DependencyViolation", ec2.delete_managed_prefix_list, PrefixListId=made)
    refused("InvalidPermission.Duplicate", ec2.authorize_security_group_ingress, GroupId=group, IpPermissions=from_list(made))
    unknown = from_list(f"pl-{UNKNOWN}")
    refused("InvalidPrefixListID.NotFound", ec2.authorize_security_group_ingress, GroupId=group, IpPermissions=unknown)
    ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=from_list(made))
    assert ec2.get_managed_prefix_list_associations(PrefixListId=made)["PrefixListAssociations"] == []
    ec2.delete_managed_prefix_list(PrefixListId=made)


def test_a_rule_counts_as_the_lists_maximum(ec2, group, refused):
    made = new(ec2, size=61)
    limit = "RulesPerSecurityGroupLimitExceeded"
    refused(limit, ec2.authorize_security_group_ingress, GroupId=group, IpPermissions=from_list(made))
    ec2.modify_managed_prefix_list(PrefixListId=made, MaxEntries=59)
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=from_list(made))
    ec2.modify_managed_prefix_list(PrefixListId=made, MaxEntries=61)
    described = found(ec2, made)
    assert (described["State"], described["MaxEntries"]) == ("modify-failed", 59)
    assert group in described["StateMessage"]
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[{**HTTP, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}])
    another = [{**HTTP, "IpRanges": [{"CidrIp": "11.0.0.0/8"}]}]
    refused(limit, ec2.authorize_security_group_ingress, GroupId=group, IpPermissions=another)


def test_records_name_the_rule_and_follow_the_entries(lab, tmp_path):
    """Row 14 of the verdict table (vpc-filtering.md §15.3)."""
    ec2 = lab.client("ec2")
    made = new(ec2, "10.1.0.0/16", "10.2.0.0/16")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    group = ec2.create_security_group(GroupName="web", Description="web", VpcId=vpc)["GroupId"]
    [rule] = ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=from_list(made))["SecurityGroupRules"]
    ec2.modify_managed_prefix_list(PrefixListId=made, CurrentVersion=1, RemoveEntries=[{"Cidr": "10.1.0.0/16"}])
    server = lab.interface("172.31.16.50", groups=[group])["NetworkInterfaceId"]
    make(lab, lab.role(), server, LogFormat=FORMAT)
    packets = [
        (1000.0, capture.tcp("10.1.3.4", "172.31.16.50", 40000, 80)),
        (1000.1, capture.tcp("10.2.3.4", "172.31.16.50", 40001, 80)),
    ]
    lab.replay("host", server, capture.write(tmp_path / "lists.pcap", packets))

    events = eventually(lambda: lab.events(GROUP, f"{server}-all"))
    records = {event["message"].split()[1]: event["message"].split()[-2:] for event in events}
    assert records["10.1.3.4"][0] == "REJECT"
    assert records["10.2.3.4"] == ["ACCEPT", rule["SecurityGroupRuleId"]]
    # What would be without the rule: the entries are asked for as the rules are.
    proposal = tmp_path / "proposal.json"
    change = {"RevokeSecurityGroupIngress": {"GroupId": group, "IpPermissions": from_list(made)}}
    proposal.write_text(json.dumps([change]))
    told = lab.flowlogd("what-if", "--log-group", GROUP, "--change", str(proposal), "--output-format", "json")
    *_, counts = [json.loads(line) for line in told.stdout.splitlines()]
    assert (counts["accept-to-reject"], counts["unchanged"], counts["contradicted"]) == (1, 1, 0)


def test_every_operation_of_prefix_lists_has_answered(shared, whole_module):
    assert PREFIX_LISTS - shared.answered == set()
