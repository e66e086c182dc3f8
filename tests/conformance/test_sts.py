"""Sessions of users, federated ones, and session tags by the AWS SDK (`iam-sts-sigv4-cloudtrail.md` §2.3, §3.1, §6)."""

import json
from datetime import datetime, timedelta, timezone

import pytest

from identities import Caller, document, policy, session
from lab import ACCOUNT, registered

# What this module is for; `test_iam` judges the rest.
OPERATIONS = {("sts", name) for name in ("GetSessionToken", "GetFederationToken", "GetAccessKeyInfo")}
# It is never answered: denials here have no encoded message.
REFUSED = {("sts", "DecodeAuthorizationMessage")}
EVERYTHING = "arn:aws:iam::aws:policy/AdministratorAccess"
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"


@pytest.fixture
def iam(shared):
    return shared.client("iam")


def make_user(lab, name, *statements, tags=()):
    iam = lab.client("iam")
    iam.create_user(UserName=name, Tags=[{"Key": key, "Value": value} for key, value in tags])
    iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=json.dumps(document(*statements)))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return Caller(lab, key["AccessKeyId"], key["SecretAccessKey"])


def caller(lab, answer):
    mine = answer["Credentials"]
    return Caller(lab, mine["AccessKeyId"], mine["SecretAccessKey"], mine["SessionToken"])


def lasts(answer):
    return answer["Credentials"]["Expiration"] - datetime.now(timezone.utc)


def test_a_session_of_a_user_is_that_user_but_cannot_call_iam(shared, iam, refused):
    ann = make_user(shared, "ann", policy("ec2:*", "iam:*", "sts:*"))
    answer = ann.client("sts").get_session_token()
    assert timedelta(hours=11, minutes=55) < lasts(answer) <= timedelta(hours=12)
    mine = caller(shared, answer)
    assert mine.client("sts").get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/ann"
    mine.client("ec2").describe_vpcs()
    refused("InvalidClientTokenId", mine.client("iam").get_user, status=403)
    error = refused("AccessDenied", mine.client("sts").get_session_token, status=403)
    assert error["Message"] == "Cannot call GetSessionToken with session credentials"
    refused("AccessDenied", mine.client("sts").get_federation_token, Name="fed", status=403)
    trust = document({"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/ann"},
                      "Action": "sts:AssumeRole"})
    role = shared.role("of-ann", trust=trust, policy=None)
    session(shared, mine, role)
    # A policy may ask for a session or refuse one, and what is taken from the user is taken from the session.
    iam.put_user_policy(UserName="ann", PolicyName="own", PolicyDocument=json.dumps(document(
        policy("ec2:*", Condition={"Null": {"aws:TokenIssueTime": "true"}}))))
    ann.client("ec2").describe_vpcs()
    refused("UnauthorizedOperation", mine.client("ec2").describe_vpcs, status=403)
    wrong = Caller(shared, mine.key, "wrong", answer["Credentials"]["SessionToken"])
    refused("SignatureDoesNotMatch", wrong.client("sts").get_caller_identity, status=403)
    iam.update_user(UserName="ann", NewUserName="anna")
    assert mine.client("sts").get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/anna"


def test_a_session_of_root_lasts_an_hour_and_ends_with_nothing_less(shared, refused):
    answer = shared.client("sts").get_session_token(DurationSeconds=7200)
    assert lasts(answer) <= timedelta(hours=1)
    mine = caller(shared, answer)
    assert mine.client("sts").get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:root"
    mine.client("ec2").describe_vpcs()
    refused("InvalidClientTokenId", mine.client("iam").list_users, status=403)
    refused("ValidationError", shared.client("sts").get_session_token, DurationSeconds=129601)
    refused("InvalidParameterValue", shared.client("sts").get_session_token,
            SerialNumber="arn:aws:iam::123456789012:mfa/x", TokenCode="123456")


def test_a_federated_session_may_what_user_and_policy_both_allow(shared, iam, refused):
    bob = make_user(shared, "bob", policy("ec2:Describe*", "logs:DescribeLogGroups", "sts:*"))
    narrow = json.dumps(document(policy("ec2:*", "iam:*")))
    answer = bob.client("sts").get_federation_token(Name="fed", Policy=narrow)
    assert answer["FederatedUser"] == {
        "FederatedUserId": f"{ACCOUNT}:fed", "Arn": f"arn:aws:sts::{ACCOUNT}:federated-user/fed"
    }
    assert answer["PackedPolicySize"] > 0
    fed = caller(shared, answer)
    who = fed.client("sts").get_caller_identity()
    assert (who["Arn"], who["UserId"]) == (f"arn:aws:sts::{ACCOUNT}:federated-user/fed", f"{ACCOUNT}:fed")
    fed.client("ec2").describe_vpcs()
    error = refused("UnauthorizedOperation", fed.client("ec2").create_vpc, CidrBlock="10.0.0.0/16", status=403)
    assert f"User: arn:aws:sts::{ACCOUNT}:federated-user/fed is not authorized" in error["Message"]
    error = refused("AccessDeniedException", fed.client("logs").describe_log_groups)
    assert "because no session policy allows" in error["Message"]
    refused("InvalidClientTokenId", fed.client("iam").list_users, status=403)
    refused("AccessDenied", fed.client("sts").get_session_token, status=403)
    refused("AccessDenied", fed.client("sts").get_access_key_info, AccessKeyId=fed.key, status=403)

    bare = caller(shared, bob.client("sts").get_federation_token(Name="bare"))
    refused("UnauthorizedOperation", bare.client("ec2").describe_vpcs, status=403)
    managed = bob.client("sts").get_federation_token(Name="managed", PolicyArns=[{"arn": READ_ONLY}])
    caller(shared, managed).client("logs").describe_log_groups()
    root = shared.client("sts").get_federation_token(Name="of-root", PolicyArns=[{"arn": EVERYTHING}])
    caller(shared, root).client("ec2").create_vpc(CidrBlock="10.0.0.0/16")

    refused("MalformedPolicyDocument", bob.client("sts").get_federation_token, Name="fed", Policy="{")
    refused("PackedPolicyTooLarge", bob.client("sts").get_federation_token, Name="fed",
            Policy=narrow + " " * 2048)
    refused("ValidationError", bob.client("sts").get_federation_token, Name="fe d")
    iam.put_user_policy(UserName="bob", PolicyName="own", PolicyDocument=json.dumps(document(policy("ec2:*"))))
    refused("AccessDenied", bob.client("sts").get_federation_token, Name="fed", status=403)


def test_tags_of_users_and_sessions_are_in_conditions(shared, refused):
    tagged = policy("ec2:DescribeVpcs", Condition={"StringEquals": {"aws:PrincipalTag/team": "net"}})
    cat = make_user(shared, "cat", tagged, policy("sts:*"), tags=[("team", "net")])
    dan = make_user(shared, "dan", tagged, policy("sts:*"), tags=[("team", "web")])
    cat.client("ec2").describe_vpcs()
    refused("UnauthorizedOperation", dan.client("ec2").describe_vpcs, status=403)
    fed = dan.client("sts").get_federation_token(
        Name="fed", PolicyArns=[{"arn": EVERYTHING}], Tags=[{"Key": "Team", "Value": "net"}]
    )
    caller(shared, fed).client("ec2").describe_vpcs()


def test_session_tags_and_source_identity_are_handed_down(shared, refused):
    everybody = document({
        "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"],
    })
    allowed = document(policy("sts:*"), policy("ec2:DescribeVpcs", Condition={
        "StringEquals": {"aws:PrincipalTag/team": "net", "aws:SourceIdentity": "eve"}}))
    first = shared.role("first", trust=everybody, policy=allowed)
    second = shared.role("second", trust=everybody, policy=allowed)
    eve = make_user(shared, "eve", policy("sts:*"))
    tags = dict(Tags=[{"Key": "team", "Value": "net"}, {"Key": "floor", "Value": "3"}])

    plain, _ = session(shared, eve, first)
    refused("UnauthorizedOperation", plain.client("ec2").describe_vpcs, status=403)
    one, answer = session(shared, eve, first, **tags, TransitiveTagKeys=["team"], SourceIdentity="eve")
    assert answer["SourceIdentity"] == "eve" and answer["PackedPolicySize"] >= 0
    one.client("ec2").describe_vpcs()
    two, answer = session(shared, one, second)
    assert answer["SourceIdentity"] == "eve"
    two.client("ec2").describe_vpcs()

    assume = one.client("sts").assume_role
    refused("InvalidParameterValue", assume, RoleArn=second, RoleSessionName="me", **tags)
    refused("AccessDenied", assume, RoleArn=second, RoleSessionName="me", SourceIdentity="dan", status=403)
    assume = eve.client("sts").assume_role
    refused("InvalidParameterValue", assume, RoleArn=first, RoleSessionName="me", **tags,
            TransitiveTagKeys=["other"])
    closed = document({"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
                       "Action": "sts:AssumeRole"})
    without = shared.role("without-tags", trust=closed, policy=None)
    error = refused("AccessDenied", assume, RoleArn=without, RoleSessionName="me", **tags, status=403)
    assert "sts:TagSession" in error["Message"]


def test_the_account_of_a_key_is_told(shared, refused):
    flo = make_user(shared, "flo", policy("sts:*"))
    sts = flo.client("sts")
    temporary = sts.get_session_token()["Credentials"]["AccessKeyId"]
    for key in (flo.key, temporary):
        assert sts.get_access_key_info(AccessKeyId=key)["Account"] == ACCOUNT
    refused("ValidationError", sts.get_access_key_info, AccessKeyId="AKIAAAAAAAAAAAAAAAAA")
    refused("InvalidAuthorizationMessageException", sts.decode_authorization_message, EncodedMessage="x")


def test_every_operation_has_answered(shared, whole_module):
    assert OPERATIONS | REFUSED <= registered("sts")
    assert OPERATIONS - shared.answered == set()
