"""Checks answers as they travelled against botocore's service model.

botocore reads what it knows and passes over the rest, so a misspelt element would go unseen: here every
element has to be in the model, in its place, and of its type.
"""

import json
import re
import xml.etree.ElementTree as ElementTree

# What AWS answers though its model does not know it: how the path ends, and the value.
BEYOND_THE_MODEL = {
    ("CreateNetworkInterface.networkInterface.status", "pending"),
    ("DescribeInternetGateways.internetGatewaySet.attachmentSet.state", "available"),
    # https://github.com/awsdocs/iam-user-guide/issues/82
    ("PermissionsBoundary.PermissionsBoundaryType", "Policy"),
    # As recorded (`iam-sts-sigv4-cloudtrail.md` §5.5).
    ("MatchedStatements.SourcePolicyType", "IAM Policy"),
}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$")


def check_answers(client):
    """Checks every successful answer of a client from now on."""

    def check(response_dict=None, parsed=None, **kwargs):
        name = kwargs["event_name"].rsplit(".", 1)[-1] if "event_name" in kwargs else None
        if response_dict is None or response_dict["status_code"] >= 300:
            return
        operation = client.meta.service_model.operation_model(name)
        body = response_dict["body"]
        protocol = client.meta.service_model.metadata["protocol"]
        if protocol == "json":
            check_json(operation, body)
        else:
            check_xml(operation, body, protocol)

    for name in client.meta.service_model.operation_names:
        event = f"response-received.{client.meta.service_model.service_id.hyphenize()}.{name}"
        client.meta.events.register(event, check)


def check_json(operation, body):
    if operation.output_shape is None or not operation.output_shape.members:
        assert not body, f"{operation.name} has no output, but answered {body!r}"
        return
    _json(operation.output_shape, json.loads(body), operation.name)


def _json(shape, value, path):
    kind = shape.type_name
    assert value is not None, f"{path} is null: it would be left out"
    if kind == "structure":
        for name, member in value.items():
            assert name in shape.members, f"{path}.{name} is not in the model"
            _json(shape.members[name], member, f"{path}.{name}")
        for name in shape.required_members:
            assert name in value, f"{path}.{name} is missing"
    elif kind == "list":
        for place, member in enumerate(value):
            _json(shape.member, member, f"{path}[{place}]")
    elif kind == "map":
        for name, member in value.items():
            _json(shape.value, member, f"{path}[{name}]")
    elif kind == "string":
        assert isinstance(value, str), f"{path} is {value!r}, not a string"
        _enum(shape, value, path)
    elif kind in ("integer", "long"):
        assert isinstance(value, int) and not isinstance(value, bool), f"{path} is {value!r}"
    elif kind == "boolean":
        assert isinstance(value, bool), f"{path} is {value!r}, not a boolean"


def check_xml(operation, body, protocol):
    root = ElementTree.fromstring(body)
    namespace = root.tag[1:].split("}")[0]
    wanted = operation.service_model.metadata["xmlNamespace"]
    # The model leaves the closing slash out, and AWS does not.
    assert namespace.rstrip('/') == wanted.rstrip('/'), f"the namespace is {namespace}, not {wanted}"
    assert _name(root) == f"{operation.name}Response"
    children = list(root)
    if protocol == "ec2":
        assert _name(children[0]) == "requestId", "the request id comes first"
        assert re.fullmatch(r"[0-9a-f-]{36}", children[0].text)
        children = children[1:]
        if operation.output_shape is None or not operation.output_shape.members:
            assert [(_name(child), child.text) for child in children] == [("return", "true")]
            return
    else:
        metadata = [child for child in children if _name(child) == "ResponseMetadata"]
        assert len(metadata) == 1, "one ResponseMetadata"
        children = [child for child in children if _name(child) != "ResponseMetadata"]
        if operation.output_shape is None:
            assert not children, f"{operation.name} has no output"
            return
        if not children and not operation.output_shape.members:
            return
        assert [_name(child) for child in children] == [f"{operation.name}Result"]
        children = list(children[0])
    _structure(operation.output_shape, children, operation.name)


def _name(element):
    return element.tag.split("}")[-1]


def _structure(shape, children, path):
    members = {member.serialization.get("name", name): (name, member) for name, member in shape.members.items()}
    seen = set()
    for child in children:
        name = _name(child)
        assert name in members, f"{path}.{name} is not in the model, which has {sorted(members)}"
        assert name not in seen, f"{path}.{name} is there twice"
        seen.add(name)
        _element(members[name][1], child, f"{path}.{name}")
    for name, member in shape.members.items():
        if name in shape.required_members:
            assert member.serialization.get("name", name) in seen, f"{path}.{name} is missing"


def _element(shape, element, path):
    kind = shape.type_name
    text = element.text or ""
    if kind == "structure":
        _structure(shape, list(element), path)
    elif kind == "list":
        wanted = shape.member.serialization.get("name", "member")
        for place, child in enumerate(element):
            assert _name(child) == wanted, f"{path} has <{_name(child)}>, not <{wanted}>"
            _element(shape.member, child, f"{path}[{place}]")
    elif kind == "map":
        for child in element:
            assert _name(child) == "entry"
    else:
        assert not len(element), f"{path} is a value, but has elements"
        if kind in ("integer", "long"):
            assert re.fullmatch(r"-?\d+", text), f"{path} is {text!r}, not a number"
        elif kind == "boolean":
            assert text in ("true", "false"), f"{path} is {text!r}, not a boolean"
        elif kind == "timestamp":
            assert TIME.match(text), f"{path} is {text!r}, not a time"
        elif kind == "string":
            _enum(shape, text, path)


def _enum(shape, value, path):
    values = shape.metadata.get("enum")
    member = re.sub(r"\[\d+\]", "", path)
    known = not values or value in values or any(
        member.endswith(end) and value == beyond for end, beyond in BEYOND_THE_MODEL
    )
    assert known, f"{path} is {value!r}, which is none of {values}"
