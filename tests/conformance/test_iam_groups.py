"""Groups of IAM by the AWS SDK (`iam-sts-sigv4-cloudtrail.md` §1.2, §2.1, §5.4)."""

import json

import pytest

from identities import Caller, document, policy
from lab import ACCOUNT, registered

READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
# What this module is for; `test_iam` judges the rest.
OPERATIONS = {
    ("iam", name)
    for name in """
        CreateGroup GetGroup ListGroups UpdateGroup DeleteGroup AddUserToGroup RemoveUserFromGroup ListGroupsForUser
        PutGroupPolicy GetGroupPolicy ListGroupPolicies DeleteGroupPolicy
        AttachGroupPolicy DetachGroupPolicy ListAttachedGroupPolicies
    """.split()
}


@pytest.fixture
def iam(shared):
    return shared.client("iam")


def test_a_group_lives_and_is_deleted(iam, refused):
    made = iam.create_group(GroupName="net", Path="/staff/")["Group"]
    assert made["Arn"] == f"arn:aws:iam::{ACCOUNT}:group/staff/net" and made["GroupId"].startswith("AGPA")
    refused("EntityAlreadyExists", iam.create_group, GroupName="NET", status=409)
    refused("ValidationError", iam.create_group, GroupName="n et")
    iam.create_user(UserName="ann", Tags=[{"Key": "a", "Value": "1"}])
    iam.add_user_to_group(GroupName="net", UserName="ann")
    iam.add_user_to_group(GroupName="net", UserName="ann")
    iam.update_group(GroupName="net", NewGroupName="ops", NewPath="/")
    found = iam.get_group(GroupName="ops")
    assert (found["Group"]["GroupId"], found["Group"]["Path"]) == (made["GroupId"], "/")
    assert [user["UserName"] for user in found["Users"]] == ["ann"] and "Tags" not in found["Users"][0]
    [of_ann] = iam.list_groups_for_user(UserName="ann")["Groups"]
    assert of_ann == found["Group"]
    refused("NoSuchEntity", iam.get_group, GroupName="net", status=404)
    refused("NoSuchEntity", iam.add_user_to_group, GroupName="ops", UserName="nobody", status=404)
    error = refused("DeleteConflict", iam.delete_group, GroupName="ops", status=409)
    assert error["Message"] == "Cannot delete entity, must remove users from group first."
    refused("DeleteConflict", iam.delete_user, UserName="ann", status=409)
    iam.remove_user_from_group(GroupName="ops", UserName="ann")
    refused("NoSuchEntity", iam.remove_user_from_group, GroupName="ops", UserName="ann", status=404)
    iam.delete_user(UserName="ann")
    iam.delete_group(GroupName="ops")


def test_a_groups_policies_come_back(iam, refused):
    iam.create_group(GroupName="pol")
    statement = document(policy("ec2:Describe*"))
    iam.put_group_policy(GroupName="pol", PolicyName="own", PolicyDocument=json.dumps(statement))
    assert iam.get_group_policy(GroupName="pol", PolicyName="own")["PolicyDocument"] == statement
    assert iam.list_group_policies(GroupName="pol")["PolicyNames"] == ["own"]
    iam.attach_group_policy(GroupName="pol", PolicyArn=READ_ONLY)
    [attached] = iam.list_attached_group_policies(GroupName="pol")["AttachedPolicies"]
    assert attached == {"PolicyName": "ReadOnlyAccess", "PolicyArn": READ_ONLY}
    [entity] = iam.list_entities_for_policy(PolicyArn=READ_ONLY, EntityFilter="Group")["PolicyGroups"]
    assert entity["GroupName"] == "pol"
    refused("DeleteConflict", iam.delete_group, GroupName="pol", status=409)
    iam.detach_group_policy(GroupName="pol", PolicyArn=READ_ONLY)
    refused("DeleteConflict", iam.delete_group, GroupName="pol", status=409)
    iam.delete_group_policy(GroupName="pol", PolicyName="own")
    refused("NoSuchEntity", iam.get_group_policy, GroupName="pol", PolicyName="own", status=404)
    iam.delete_group(GroupName="pol")


def test_a_user_may_what_its_groups_may(shared, iam, refused):
    iam.create_user(UserName="ben")
    key = iam.create_access_key(UserName="ben")["AccessKey"]
    ben = Caller(shared, key["AccessKeyId"], key["SecretAccessKey"])
    iam.create_group(GroupName="readers")
    iam.attach_group_policy(GroupName="readers", PolicyArn=READ_ONLY)
    iam.create_group(GroupName="makers")
    iam.put_group_policy(GroupName="makers", PolicyName="p",
                         PolicyDocument=json.dumps(document(policy("logs:CreateLogGroup"))))
    refused("UnauthorizedOperation", ben.client("ec2").describe_vpcs, status=403)
    iam.add_user_to_group(GroupName="readers", UserName="ben")
    iam.add_user_to_group(GroupName="makers", UserName="ben")
    ben.client("ec2").describe_vpcs()
    ben.client("logs").create_log_group(logGroupName="of-ben")
    # A denial of one group counts against what another allows; a boundary limits them all.
    iam.put_group_policy(GroupName="makers", PolicyName="no",
                         PolicyDocument=json.dumps(document(policy("ec2:*", effect="Deny"))))
    error = refused("UnauthorizedOperation", ben.client("ec2").describe_vpcs, status=403)
    assert "with an explicit deny in an identity-based policy" in error["Message"]
    iam.put_user_permissions_boundary(UserName="ben", PermissionsBoundary=READ_ONLY)
    error = refused("AccessDeniedException", ben.client("logs").create_log_group, logGroupName="another")
    assert "because no permissions boundary allows" in error["Message"]
    iam.delete_user_permissions_boundary(UserName="ben")
    iam.remove_user_from_group(GroupName="makers", UserName="ben")
    refused("AccessDeniedException", ben.client("logs").create_log_group, logGroupName="another")
    ben.client("ec2").describe_vpcs()


def test_paginators_see_everything_once(iam):
    users = [f"member-{number:02}" for number in range(7)]
    iam.create_group(GroupName="many")
    for name in users:
        iam.create_user(UserName=name)
        iam.add_user_to_group(GroupName="many", UserName=name)
    names = [f"page-{number:02}" for number in range(7)]
    for name in names:
        iam.create_group(GroupName=name, Path="/pages/")
        iam.add_user_to_group(GroupName=name, UserName=users[0])
    size = {"PageSize": 3}
    pages = list(iam.get_paginator("list_groups").paginate(PathPrefix="/pages/", PaginationConfig=size))
    assert [group["GroupName"] for page in pages for group in page["Groups"]] == names
    pages = list(iam.get_paginator("get_group").paginate(GroupName="many", PaginationConfig=size))
    assert [len(page["Users"]) for page in pages] == [3, 3, 1]
    assert [user["UserName"] for page in pages for user in page["Users"]] == users
    pages = list(iam.get_paginator("list_groups_for_user").paginate(UserName=users[0], PaginationConfig=size))
    assert [group["GroupName"] for page in pages for group in page["Groups"]] == ["many", *names]


def test_every_operation_has_answered(shared, whole_module):
    assert OPERATIONS <= registered("iam")
    assert OPERATIONS - shared.answered == set()
