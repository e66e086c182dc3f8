"""Simulation of policies by the AWS SDK (`iam-sts-sigv4-cloudtrail.md` §5.5), and that what it tells is so."""

import json

import pytest

from identities import Caller, document, policy
from lab import ACCOUNT, registered

# What this module is for; `test_iam` judges the rest.
OPERATIONS = {
    ("iam", name)
    for name in """
        SimulateCustomPolicy SimulatePrincipalPolicy GetContextKeysForCustomPolicy GetContextKeysForPrincipalPolicy
    """.split()
}
ONE, TWO = (f"arn:aws:ec2:us-east-1:{ACCOUNT}:vpc/vpc-{number}" for number in (1, 2))


@pytest.fixture
def iam(shared):
    return shared.client("iam")


def test_a_custom_policy_is_simulated(iam, refused):
    text = (
        '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"*",'
        '"Condition":{"DateGreaterThan":{"aws:CurrentTime":"2018-08-16T12:00:00Z"}}}}'
    )
    ask = dict(PolicyInputList=[text], ActionNames=["dynamodb:CreateBackup"])

    def entry(value):
        return [{"ContextKeyName": "aws:CurrentTime", "ContextKeyValues": [value], "ContextKeyType": "date"}]

    [result] = iam.simulate_custom_policy(**ask, ContextEntries=entry("2019-04-25T11:00:00Z"))["EvaluationResults"]
    assert (result["EvalDecision"], result["EvalResourceName"]) == ("allowed", "*")
    [matched] = result["MatchedStatements"]
    assert matched["SourcePolicyId"] == "PolicyInputList.1"
    assert matched["StartPosition"] == {"Line": 1, "Column": 38}
    assert matched["EndPosition"] == {"Line": 1, "Column": 167}
    [result] = iam.simulate_custom_policy(**ask, ContextEntries=entry("2014-04-25T11:00:00Z"))["EvaluationResults"]
    assert (result["EvalDecision"], result["MatchedStatements"]) == ("implicitDeny", [])
    [result] = iam.simulate_custom_policy(**ask)["EvaluationResults"]
    assert result["MissingContextValues"] == ["aws:CurrentTime"]
    assert iam.get_context_keys_for_custom_policy(PolicyInputList=[text])["ContextKeyNames"] == ["aws:CurrentTime"]
    refused("InvalidInput", iam.simulate_custom_policy, PolicyInputList=[text], ActionNames=["dynamodb:*"])
    refused("InvalidInput", iam.simulate_custom_policy, PolicyInputList=["{"], ActionNames=["ec2:CreateVpc"])


def test_resources_are_told_one_by_one(iam):
    allow = json.dumps(document(policy("ec2:*", resource=ONE)))
    answer = iam.simulate_custom_policy(
        PolicyInputList=[allow], ActionNames=["ec2:DeleteVpc", "ec2:CreateTags"], ResourceArns=[ONE, TWO],
        PermissionsBoundaryPolicyInputList=[json.dumps(document(policy("ec2:*")))],
    )
    for result in answer["EvaluationResults"]:
        assert result["EvalDecision"] == "implicitDeny"
        assert result["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": True}
        told = {one["EvalResourceName"]: one["EvalResourceDecision"] for one in result["ResourceSpecificResults"]}
        assert told == {ONE: "allowed", TWO: "implicitDeny"}
    pages = iam.get_paginator("simulate_custom_policy").paginate(
        PolicyInputList=[allow], ActionNames=[f"ec2:Action{number}" for number in range(5)],
        PaginationConfig={"PageSize": 2},
    )
    assert [len(page["EvaluationResults"]) for page in pages] == [2, 2, 1]


def test_what_is_simulated_of_a_user_is_what_happens(shared, iam, refused):
    iam.create_user(UserName="ann")
    iam.create_group(GroupName="net")
    iam.add_user_to_group(GroupName="net", UserName="ann")
    iam.put_group_policy(GroupName="net", PolicyName="read", PolicyDocument=json.dumps(document(
        policy("ec2:Describe*", Condition={"Bool": {"aws:SecureTransport": "false"}}))))
    iam.put_user_policy(UserName="ann", PolicyName="no", PolicyDocument=json.dumps(document(
        policy("ec2:DescribeSubnets", effect="Deny"))))
    key = iam.create_access_key(UserName="ann")["AccessKey"]
    ann = Caller(shared, key["AccessKeyId"], key["SecretAccessKey"]).client("ec2")
    source = f"arn:aws:iam::{ACCOUNT}:user/ann"
    assert iam.get_context_keys_for_principal_policy(PolicySourceArn=source)["ContextKeyNames"] == [
        "aws:SecureTransport"
    ]
    results = iam.simulate_principal_policy(
        PolicySourceArn=source, ActionNames=["ec2:DescribeVpcs", "ec2:DescribeSubnets", "ec2:CreateVpc"],
        ContextEntries=[{"ContextKeyName": "aws:SecureTransport", "ContextKeyValues": ["false"],
                         "ContextKeyType": "boolean"}],
    )["EvaluationResults"]
    assert [result["EvalDecision"] for result in results] == ["allowed", "explicitDeny", "implicitDeny"]
    ids = [[one["SourcePolicyId"] for one in result["MatchedStatements"]] for result in results]
    assert ids == [["group_net_read"], ["user_ann_no"], []]
    ann.describe_vpcs()
    refused("UnauthorizedOperation", ann.describe_subnets, status=403)
    refused("UnauthorizedOperation", ann.create_vpc, CidrBlock="10.0.0.0/16", status=403)
    refused("NoSuchEntity", iam.simulate_principal_policy, PolicySourceArn=source + "x",
            ActionNames=["ec2:CreateVpc"], status=404)
    refused("InvalidInput", iam.simulate_principal_policy, PolicySourceArn=source, ActionNames=["ec2:CreateVpc"],
            ResourcePolicy=json.dumps(document(policy("ec2:*"))))


def test_every_operation_has_answered(shared, whole_module):
    assert OPERATIONS <= registered("iam")
    assert OPERATIONS - shared.answered == set()
