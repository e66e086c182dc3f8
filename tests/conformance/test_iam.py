"""IAM and STS by the AWS SDK: every operation, and what keys, sessions and policies then allow."""

import json
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta, timezone

import pytest

from identities import BY_ACCOUNT, Caller, document, policy, session
from lab import ACCOUNT, TRUST, registered
from test_iam_groups import OPERATIONS as OF_GROUPS
from test_iam_simulation import OPERATIONS as OF_SIMULATION
from test_sts import OPERATIONS as OF_SESSIONS, REFUSED

READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"


@pytest.fixture
def iam(shared):
    return shared.client("iam")


@pytest.fixture
def user(shared, iam, request):
    """Makes users with a key, who may do what the statements say."""
    made = []

    def make(*statements, **more):
        name = f"{request.node.name[:50]}-{len(made)}"
        iam.create_user(UserName=name, **more)
        if statements:
            iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=json.dumps(document(*statements)))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        caller = Caller(shared, key["AccessKeyId"], key["SecretAccessKey"])
        caller.name = name
        made.append(caller)
        return caller

    return make


# ----------------------------------------------------------------- users and keys


def test_a_user_lives_and_is_deleted(iam, refused):
    made = iam.create_user(UserName="ann", Path="/people/", Tags=[{"Key": "team", "Value": "blue"}])["User"]
    assert made["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/people/ann" and made["UserId"].startswith("AIDA")
    iam.get_waiter("user_exists").wait(UserName="ann")
    iam.tag_user(UserName="ann", Tags=[{"Key": "floor", "Value": "3"}])
    iam.untag_user(UserName="ann", TagKeys=["team"])
    assert iam.list_user_tags(UserName="ann")["Tags"] == [{"Key": "floor", "Value": "3"}]
    iam.update_user(UserName="ann", NewUserName="anna", NewPath="/")
    found = iam.get_user(UserName="anna")["User"]
    assert (found["UserId"], found["Tags"]) == (made["UserId"], [{"Key": "floor", "Value": "3"}])
    assert "anna" in [found["UserName"] for found in iam.list_users()["Users"]]
    refused("NoSuchEntity", iam.get_user, UserName="ann", status=404)
    refused("EntityAlreadyExists", iam.create_user, UserName="anna", status=409)
    refused("ValidationError", iam.create_user, UserName="an na")
    iam.delete_user(UserName="anna")
    refused("NoSuchEntity", iam.delete_user, UserName="anna", status=404)


def test_a_users_key_works_until_it_is_deactivated(iam, user, refused):
    ben = user(policy("logs:DescribeLogGroups", "ec2:DescribeVpcs", "iam:GetUser"))
    assert ben.client("sts").get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/{ben.name}"
    assert ben.client("iam").get_user()["User"]["UserName"] == ben.name
    [key] = iam.list_access_keys(UserName=ben.name)["AccessKeyMetadata"]
    assert (key["AccessKeyId"], key["Status"]) == (ben.key, "Active")
    assert iam.get_access_key_last_used(AccessKeyId=ben.key)["AccessKeyLastUsed"]["Region"] == "us-east-1"

    iam.update_access_key(UserName=ben.name, AccessKeyId=ben.key, Status="Inactive")
    refused("InvalidClientTokenId", ben.client("sts").get_caller_identity, status=403)
    refused("UnrecognizedClientException", ben.client("logs").describe_log_groups)
    refused("AuthFailure", ben.client("ec2").describe_vpcs, status=401)
    iam.update_access_key(UserName=ben.name, AccessKeyId=ben.key, Status="Active")
    ben.client("logs").describe_log_groups()

    refused("DeleteConflict", iam.delete_user, UserName=ben.name, status=409)
    iam.delete_access_key(UserName=ben.name, AccessKeyId=ben.key)
    refused("InvalidClientTokenId", ben.client("sts").get_caller_identity, status=403)
    refused("NoSuchEntity", iam.delete_access_key, UserName=ben.name, AccessKeyId=ben.key, status=404)


def test_a_user_has_at_most_two_keys(iam, user, refused):
    name = user().name
    iam.create_access_key(UserName=name)
    refused("LimitExceeded", iam.create_access_key, UserName=name, status=409)


def test_a_wrong_secret_and_a_wrong_key_are_told_apart(shared, user, refused):
    ben = user()
    forged = Caller(shared, ben.key, "wrong")
    refused("SignatureDoesNotMatch", forged.client("sts").get_caller_identity, status=403)
    refused("InvalidSignatureException", forged.client("logs").describe_log_groups)
    refused("AuthFailure", forged.client("ec2").describe_vpcs, status=401)
    unknown = Caller(shared, "AKIAAAAAAAAAAAAAAAAA", "wrong")
    refused("InvalidClientTokenId", unknown.client("iam").list_users, status=403)


def test_the_last_use_of_a_key_is_told_and_outlives_the_server(lab, refused):
    iam = lab.client("iam")
    iam.create_user(UserName="ned")
    key = iam.create_access_key(UserName="ned")["AccessKey"]["AccessKeyId"]
    never = iam.get_access_key_last_used(AccessKeyId=key)
    assert (never["UserName"], never["AccessKeyLastUsed"]) == ("ned", {"ServiceName": "N/A", "Region": "N/A"})
    secret = iam.create_access_key(UserName="ned")["AccessKey"]
    ned = Caller(lab, secret["AccessKeyId"], secret["SecretAccessKey"])
    ned.client("sts").get_caller_identity()
    told = iam.get_access_key_last_used(AccessKeyId=ned.key)["AccessKeyLastUsed"]
    assert told["ServiceName"] == "sts" and told["LastUsedDate"] > datetime.now(timezone.utc) - timedelta(minutes=1)
    lab.server.end()
    lab.start()
    assert lab.client("iam").get_access_key_last_used(AccessKeyId=ned.key)["AccessKeyLastUsed"] == told
    refused("NoSuchEntity", lab.client("iam").get_access_key_last_used, AccessKeyId="AKIAAAAAAAAAAAAAAAAA",
            status=404)


def test_the_account_is_summed_up(iam):
    summary = iam.get_account_summary()["SummaryMap"]
    assert summary["Users"] == len(list(iam.get_paginator("list_users").paginate().search("Users")))
    assert (summary["UsersQuota"], summary["GroupsQuota"], summary["RolesQuota"]) == (5000, 300, 1000)
    assert iam.list_account_aliases()["AccountAliases"] == []


# ----------------------------------------------------------------- roles


def test_a_role_lives_and_is_deleted(iam, refused):
    made = iam.create_role(
        RoleName="delivery", AssumeRolePolicyDocument=json.dumps(TRUST), Description="for flow logs",
        MaxSessionDuration=7200, Tags=[{"Key": "a", "Value": "1"}],
    )["Role"]
    assert made["AssumeRolePolicyDocument"] == TRUST and made["RoleId"].startswith("AROA")
    iam.get_waiter("role_exists").wait(RoleName="delivery")
    iam.update_role(RoleName="delivery", Description="of flow logs", MaxSessionDuration=3600)
    iam.update_assume_role_policy(RoleName="delivery", PolicyDocument=json.dumps(BY_ACCOUNT))
    iam.tag_role(RoleName="delivery", Tags=[{"Key": "b", "Value": "2"}])
    iam.untag_role(RoleName="delivery", TagKeys=["a"])
    assert iam.list_role_tags(RoleName="delivery")["Tags"] == [{"Key": "b", "Value": "2"}]
    found = iam.get_role(RoleName="delivery")["Role"]
    assert (found["Description"], found["MaxSessionDuration"]) == ("of flow logs", 3600)
    assert found["AssumeRolePolicyDocument"] == BY_ACCOUNT
    [listed] = [role for role in iam.list_roles()["Roles"] if role["RoleName"] == "delivery"]
    assert listed["AssumeRolePolicyDocument"] == BY_ACCOUNT and "Tags" not in listed
    ask = dict(AssumeRolePolicyDocument=json.dumps(TRUST))
    refused("EntityAlreadyExists", iam.create_role, RoleName="Delivery", **ask, status=409)
    refused("MalformedPolicyDocument", iam.create_role, RoleName="r", AssumeRolePolicyDocument="{")
    refused("MalformedPolicyDocument", iam.create_role, RoleName="r",
            AssumeRolePolicyDocument=json.dumps(document(policy("sts:AssumeRole"))))
    iam.delete_role(RoleName="delivery")
    refused("NoSuchEntity", iam.get_role, RoleName="delivery", status=404)


def test_inline_policies_come_back_as_documents(iam, user, refused):
    statement = policy("logs:GetLogEvents", Condition={"StringLike": {"aws:username": "b n+%41&é*"}})
    iam.create_role(RoleName="inline", AssumeRolePolicyDocument=json.dumps(TRUST))
    name = user().name
    for kind, owner in (("role", {"RoleName": "inline"}), ("user", {"UserName": name})):
        put, get = getattr(iam, f"put_{kind}_policy"), getattr(iam, f"get_{kind}_policy")
        lists, delete = getattr(iam, f"list_{kind}_policies"), getattr(iam, f"delete_{kind}_policy")
        put(**owner, PolicyName="p", PolicyDocument=json.dumps(document(policy("ec2:*"))))
        put(**owner, PolicyName="p", PolicyDocument=json.dumps(document(statement)))
        assert get(**owner, PolicyName="p")["PolicyDocument"] == document(statement)
        assert lists(**owner)["PolicyNames"] == ["p"]
        refused("MalformedPolicyDocument", put, **owner, PolicyName="q", PolicyDocument='{"Version": "2012-10-17"')
        with_principal = document(policy("ec2:*", Principal="*"))
        refused("MalformedPolicyDocument", put, **owner, PolicyName="q", PolicyDocument=json.dumps(with_principal))
        refused("LimitExceeded", put, **owner, PolicyName="q", status=409,
                PolicyDocument=json.dumps(document(policy("ec2:*", resource=[f"arn:aws:s3:::{'x' * 11000}"]))))
        if kind == "role":
            refused("DeleteConflict", iam.delete_role, RoleName="inline", status=409)
        delete(**owner, PolicyName="p")
        refused("NoSuchEntity", get, **owner, PolicyName="p", status=404)
        refused("NoSuchEntity", delete, **owner, PolicyName="p", status=404)


# ----------------------------------------------------------------- managed policies


def test_a_managed_policy_has_versions(iam, refused):
    first, second = document(policy("ec2:Describe*")), document(policy("logs:Describe*"))
    made = iam.create_policy(PolicyName="look", PolicyDocument=json.dumps(first), Description="to look")["Policy"]
    arn = made["Arn"]
    assert (made["DefaultVersionId"], made["AttachmentCount"], made["IsAttachable"]) == ("v1", 0, True)
    iam.get_waiter("policy_exists").wait(PolicyArn=arn)
    version = iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(second))["PolicyVersion"]
    assert (version["VersionId"], version["IsDefaultVersion"], "Document" in version) == ("v2", False, False)
    assert iam.get_policy_version(PolicyArn=arn, VersionId="v2")["PolicyVersion"]["Document"] == second
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v2")
    assert iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"] == "v2"
    refused("DeleteConflict", iam.delete_policy_version, PolicyArn=arn, VersionId="v2", status=409)
    iam.delete_policy_version(PolicyArn=arn, VersionId="v1")
    assert [found["VersionId"] for found in iam.list_policy_versions(PolicyArn=arn)["Versions"]] == ["v2"]
    for _ in range(4):
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(first))
    refused("LimitExceeded", iam.create_policy_version, PolicyArn=arn, PolicyDocument=json.dumps(first), status=409)

    iam.tag_policy(PolicyArn=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    iam.untag_policy(PolicyArn=arn, TagKeys=["a"])
    assert iam.list_policy_tags(PolicyArn=arn)["Tags"] == [{"Key": "b", "Value": "2"}]
    refused("EntityAlreadyExists", iam.create_policy, PolicyName="look", PolicyDocument=json.dumps(first), status=409)
    for number in (3, 4, 5, 6):
        iam.delete_policy_version(PolicyArn=arn, VersionId=f"v{number}")
    iam.delete_policy(PolicyArn=arn)
    refused("NoSuchEntity", iam.get_policy, PolicyArn=arn, status=404)


def test_a_managed_policy_is_attached_and_counted(iam, user, refused):
    arn = iam.create_policy(PolicyName="vpcs", PolicyDocument=json.dumps(document(policy("ec2:DescribeVpcs"))))
    arn = arn["Policy"]["Arn"]
    iam.create_role(RoleName="attached", AssumeRolePolicyDocument=json.dumps(TRUST))
    ben = user()
    refused("UnauthorizedOperation", ben.client("ec2").describe_vpcs, status=403)
    iam.attach_user_policy(UserName=ben.name, PolicyArn=arn)
    iam.attach_role_policy(RoleName="attached", PolicyArn=arn)
    iam.attach_role_policy(RoleName="attached", PolicyArn=READ_ONLY)
    ben.client("ec2").describe_vpcs()
    attached = iam.list_attached_user_policies(UserName=ben.name)["AttachedPolicies"]
    assert attached == [{"PolicyName": "vpcs", "PolicyArn": arn}]
    attached = iam.list_attached_role_policies(RoleName="attached")["AttachedPolicies"]
    assert {found["PolicyArn"] for found in attached} == {arn, READ_ONLY}
    entities = iam.list_entities_for_policy(PolicyArn=arn)
    assert [found["UserName"] for found in entities["PolicyUsers"]] == [ben.name]
    assert [found["RoleName"] for found in entities["PolicyRoles"]] == ["attached"]
    assert iam.get_policy(PolicyArn=arn)["Policy"]["AttachmentCount"] == 2
    local = iam.list_policies(Scope="Local", OnlyAttached=True)["Policies"]
    assert [found["Arn"] for found in local] == [arn]
    refused("DeleteConflict", iam.delete_policy, PolicyArn=arn, status=409)
    refused("DeleteConflict", iam.delete_role, RoleName="attached", status=409)
    refused("NoSuchEntity", iam.attach_user_policy, UserName=ben.name, PolicyArn=arn + "x", status=404)
    iam.detach_user_policy(UserName=ben.name, PolicyArn=arn)
    iam.detach_role_policy(RoleName="attached", PolicyArn=arn)
    refused("NoSuchEntity", iam.detach_role_policy, RoleName="attached", PolicyArn=arn, status=404)
    refused("UnauthorizedOperation", ben.client("ec2").describe_vpcs, status=403)
    iam.delete_policy(PolicyArn=arn)


def test_paginators_see_everything_once(iam):
    names = [f"page-{number:02}" for number in range(12)]
    for name in names:
        iam.create_user(UserName=name, Path="/pages/")
        iam.create_role(RoleName=name, Path="/pages/", AssumeRolePolicyDocument=json.dumps(TRUST))
        iam.create_policy(PolicyName=name, Path="/pages/", PolicyDocument=json.dumps(document(policy("ec2:*"))))
    for operation, result, key in (
        ("list_users", "Users", "UserName"), ("list_roles", "Roles", "RoleName"),
        ("list_policies", "Policies", "PolicyName"),
    ):
        pages = list(iam.get_paginator(operation).paginate(PathPrefix="/pages/", PaginationConfig={"PageSize": 5}))
        assert [len(page[result]) for page in pages] == [5, 5, 2]
        assert [item[key] for page in pages for item in page[result]] == names


# ----------------------------------------------------------------- what policies decide


def test_an_explicit_deny_wins(user, refused):
    ben = user(policy("*"), policy("logs:DeleteLogGroup", effect="Deny"))
    logs = ben.client("logs")
    logs.create_log_group(logGroupName="denied")
    error = refused("AccessDeniedException", logs.delete_log_group, logGroupName="denied")
    assert "explicit deny" in error["Message"] and "logs:DeleteLogGroup" in error["Message"]


def test_a_permissions_boundary_bounds_what_is_allowed(iam, user, refused):
    arn = iam.create_policy(PolicyName="bound", PolicyDocument=json.dumps(document(policy("logs:*"))))["Policy"]["Arn"]
    ben = user(policy("logs:*", "ec2:*"), PermissionsBoundary=arn)
    assert iam.get_user(UserName=ben.name)["User"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == arn
    ben.client("logs").describe_log_groups()
    error = refused("UnauthorizedOperation", ben.client("ec2").describe_vpcs, status=403)
    assert "permissions boundary" in error["Message"]
    refused("AccessDenied", ben.client("iam").list_users, status=403)
    iam.delete_user_permissions_boundary(UserName=ben.name)
    ben.client("ec2").describe_vpcs()
    iam.put_user_permissions_boundary(UserName=ben.name, PermissionsBoundary=arn)
    refused("UnauthorizedOperation", ben.client("ec2").describe_vpcs, status=403)


def test_a_roles_boundary_bounds_its_sessions(shared, iam, user, refused):
    arn = iam.create_policy(PolicyName="edge", PolicyDocument=json.dumps(document(policy("logs:*"))))["Policy"]["Arn"]
    role = shared.role("bounded", trust=BY_ACCOUNT, policy=document(policy("ec2:*", "logs:*")))
    ben = user(policy("sts:AssumeRole"))
    me, _ = session(shared, ben, role)
    me.client("ec2").describe_vpcs()
    iam.put_role_permissions_boundary(RoleName="bounded", PermissionsBoundary=arn)
    refused("UnauthorizedOperation", me.client("ec2").describe_vpcs, status=403)
    me.client("logs").describe_log_groups()
    iam.delete_role_permissions_boundary(RoleName="bounded")
    me.client("ec2").describe_vpcs()


# ----------------------------------------------------------------- sessions


def test_a_roles_credentials_work_and_tell_who_they_are(shared, user):
    role = shared.role("reader", trust=BY_ACCOUNT, policy=document(policy("ec2:DescribeVpcs")))
    me, answer = session(shared, user(policy("sts:AssumeRole")), role, DurationSeconds=900)
    arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/reader/me"
    assert answer["AssumedRoleUser"]["Arn"] == arn and me.key.startswith("ASIA")
    expires = answer["Credentials"]["Expiration"] - datetime.now(timezone.utc)
    assert timedelta(seconds=890) < expires < timedelta(seconds=910)
    identity = me.client("sts").get_caller_identity()
    assert (identity["Arn"], identity["Account"]) == (arn, ACCOUNT)
    assert identity["UserId"] == answer["AssumedRoleUser"]["AssumedRoleId"]
    assert me.client("ec2").describe_vpcs()["Vpcs"]


def test_a_session_policy_narrows_the_role(shared, user, refused):
    role = shared.role("wide", trust=BY_ACCOUNT, policy=document(policy("ec2:*", "logs:*")))
    narrow = json.dumps(document(policy("logs:*", "iam:*")))
    me, answer = session(shared, user(policy("sts:AssumeRole")), role, Policy=narrow)
    assert answer["PackedPolicySize"] >= 1
    me.client("logs").describe_log_groups()
    error = refused("UnauthorizedOperation", me.client("ec2").describe_vpcs, status=403)
    assert "session policy" in error["Message"]
    refused("AccessDenied", me.client("iam").list_users, status=403)

    but = json.dumps(document(policy("*"), policy("logs:*", effect="Deny")))
    me, _ = session(shared, user(policy("sts:AssumeRole")), role, Policy=but)
    me.client("ec2").describe_vpcs()
    error = refused("AccessDeniedException", me.client("logs").describe_log_groups)
    assert "explicit deny in a session policy" in error["Message"]


def test_a_session_without_its_token_or_with_anothers_is_nobody(shared, user, refused):
    role = shared.role("token", trust=BY_ACCOUNT, policy=document(policy("ec2:*", "logs:*")))
    _, answer = session(shared, user(policy("sts:AssumeRole")), role)
    mine = answer["Credentials"]
    for token in (None, mine["SessionToken"][:-4] + "AAAA"):
        me = Caller(shared, mine["AccessKeyId"], mine["SecretAccessKey"], token)
        refused("InvalidClientTokenId", me.client("sts").get_caller_identity, status=403)
        refused("UnrecognizedClientException", me.client("logs").describe_log_groups)


def test_a_session_that_is_over_is_told_so_by_every_service(lab, refused):
    """The shortest session is a quarter of an hour: this one's end is put back in the stored state."""
    iam = lab.client("iam")
    iam.create_user(UserName="ben")
    iam.put_user_policy(UserName="ben", PolicyName="p", PolicyDocument=json.dumps(document(policy("sts:AssumeRole"))))
    key = iam.create_access_key(UserName="ben")["AccessKey"]
    role = lab.role("brief", trust=BY_ACCOUNT, policy=document(policy("*")))
    me, _ = session(lab, Caller(lab, key["AccessKeyId"], key["SecretAccessKey"]), role, DurationSeconds=900)
    me.client("logs").describe_log_groups()

    lab.server.end()
    with closing(sqlite3.connect(lab.data / "state.db")) as stored, stored:
        changed = stored.execute(
            "UPDATE document SET body = json_set(body, '$.expires', json_extract(body, '$.expires') - 900)"
            " WHERE kind = 'session' AND id = ?", [me.key],
        )
        assert changed.rowcount == 1
    lab.start()
    refused("ExpiredToken", me.client("sts").get_caller_identity, status=403)
    refused("ExpiredTokenException", me.client("logs").describe_log_groups)
    refused("RequestExpired", me.client("ec2").describe_vpcs)


def test_who_may_not_assume_a_role_is_told(shared, user, refused):
    role = shared.role("closed", trust=TRUST, policy=None)
    with_id = json.loads(json.dumps(BY_ACCOUNT))
    with_id["Statement"][0]["Condition"] = {"StringEquals": {"sts:ExternalId": "open sesame".replace(" ", "-")}}
    guarded = shared.role("guarded", trust=with_id, policy=None)
    ben = user(policy("sts:AssumeRole"))
    assume = ben.client("sts").assume_role
    refused("AccessDenied", assume, RoleArn=role, RoleSessionName="me", status=403)
    refused("AccessDenied", assume, RoleArn=role + "x", RoleSessionName="me", status=403)
    refused("AccessDenied", assume, RoleArn=guarded, RoleSessionName="me", status=403)
    refused("AccessDenied", assume, RoleArn=guarded, RoleSessionName="me", ExternalId="wrong", status=403)
    assume(RoleArn=guarded, RoleSessionName="me", ExternalId="open-sesame")
    refused("ValidationError", assume, RoleArn=guarded, RoleSessionName="a:b", ExternalId="open-sesame")
    refused("ValidationError", assume, RoleArn=guarded, RoleSessionName="me", ExternalId="open-sesame",
            DurationSeconds=3601)
    refused("AccessDenied", user().client("sts").assume_role, RoleArn=guarded, RoleSessionName="me",
            ExternalId="open-sesame", status=403)
    root = shared.client("sts").assume_role
    refused("AccessDenied", root, RoleArn=guarded, RoleSessionName="me", ExternalId="open-sesame", status=403)


def test_every_operation_has_answered(shared, whole_module):
    elsewhere = OF_GROUPS | OF_SIMULATION | OF_SESSIONS | REFUSED
    assert (registered("iam") | registered("sts")) - elsewhere - shared.answered == set()
