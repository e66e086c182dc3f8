"""`docs/operations.md` beside botocore's models: of an operation that is listed, every parameter that AWS has is listed,
as taken or as refused, and none that AWS has not."""

import re

import pytest

from lab import ROOT

SECTIONS = {"EC2": "ec2", "IAM": "iam", "STS": "sts", "CloudWatch Logs": "logs"}

# What AWS documents and this botocore's models do not have, or AWS takes from everybody.
BEYOND_THE_MODEL = {
    ("ec2", "AuthorizeSecurityGroupEgress"): {"GroupName"},
    ("ec2", "RevokeSecurityGroupEgress"): {"GroupName"},
    ("ec2", "CreateFlowLogs"): {"TagFieldSpecification"},
    ("logs", "FilterLogEvents"): {"startFromHead"},
    ("ec2", "CreateVpcPeeringConnection"): {"RequesterPeeringConnectionOptions"},
    ("iam", "SimulateCustomPolicy"): {"OrderedOrganizationPolicyInputList"},
    ("iam", "SimulatePrincipalPolicy"): {"OrderedOrganizationPolicyInputList", "PolicyExclusionList"},
    ("sts", "AssumeRole"): {"MinimumSessionTokenSize"},
    ("sts", "GetFederationToken"): {"MinimumSessionTokenSize"},
    ("sts", "GetSessionToken"): {"MinimumSessionTokenSize"},
}


def documented():
    """Service and operation, with the names of its parameters."""
    listed, service = {}, None
    for line in (ROOT / "docs/operations.md").read_text().splitlines():
        if heading := re.match(r"## (.+): \d+ operations", line):
            service = SECTIONS.get(heading[1])
        elif service and line.startswith("| `"):
            name, taken, refused, _ = (cell.strip() for cell in line.strip("|").split(" |", 3))
            names = re.findall(r"`([A-Za-z0-9]+)[^`]*`", f"{strip_limits(taken)} {refused}")
            listed[service, name.strip("`")] = set(names)
    return listed


def strip_limits(cell):
    """Without what stands in parentheses behind a parameter."""
    return re.sub(r" \([^)]*\)", "", cell)


def modelled(client, operation):
    """The names of an operation's parameters on the wire."""
    model = client.meta.service_model
    shape = model.operation_model(operation).input_shape
    if shape is None:
        return set()
    if model.metadata["protocol"] != "ec2":
        return set(shape.members)
    names = set()
    for name, member in shape.members.items():
        serialized = member.serialization
        name = serialized.get("queryName") or serialized.get("name") or name
        names.add(name if "queryName" in serialized else name[0].upper() + name[1:])
    return names


@pytest.mark.parametrize("key", sorted(documented()), ids=".".join)
def test_every_parameter_of_awss_is_listed(shared, key):
    service, operation = key
    client = shared.client(service, checked=False)
    assert documented()[key] - BEYOND_THE_MODEL.get(key, set()) == modelled(client, operation)
