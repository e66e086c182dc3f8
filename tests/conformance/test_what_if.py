"""What `flowlogd what-if` foretells, and what becomes of it."""

import json
import shutil

import pytest

import capture
from lab import eventually

GROUP = "flow-logs"
SERVER = "172.31.16.70"
CLIENT = "203.0.113.9"
STRANGER = "198.51.100.7"


def exchange(at, client, port, srcport):
    """A connection's beginning, with the server's answer."""
    return [
        (at, capture.tcp(client, SERVER, srcport, port)),
        (at + 0.01, capture.tcp(SERVER, client, port, srcport, flags=0x12)),
        (at + 0.02, capture.tcp(client, SERVER, srcport, port, flags=0x10)),
    ]


PACKETS = [
    *exchange(0.0, CLIENT, 22, 40001),
    *exchange(0.1, CLIENT, 443, 40002),
    *exchange(0.2, STRANGER, 443, 40003),
    (0.3, capture.tcp(CLIENT, SERVER, 40004, 8080)),
    (0.4, capture.tcp(CLIENT, SERVER, 40004, 8080)),
    (0.5, capture.tcp(STRANGER, SERVER, 40005, 8080)),
    (0.6, capture.udp(SERVER, STRANGER, 40006, 53)),
]


@pytest.fixture
def server(lab):
    """An interface with rules for tcp 22, 25 and 443 and no egress rule; returns its id, group, rules by port, ACL."""
    ec2 = lab.client("ec2")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    group = ec2.create_security_group(GroupName="server", Description="server", VpcId=vpc)["GroupId"]
    ec2.revoke_security_group_egress(
        GroupId=group, IpPermissions=[{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    )
    rules = {}
    for port in (22, 25, 443):
        made = ec2.authorize_security_group_ingress(
            GroupId=group,
            IpPermissions=[
                {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
            ],
        )
        rules[port] = made["SecurityGroupRules"][0]["SecurityGroupRuleId"]
    acl = ec2.describe_network_acls(Filters=[{"Name": "default", "Values": ["true"]}])["NetworkAcls"][0]
    interface = lab.interface(SERVER, groups=[group])["NetworkInterfaceId"]
    ids = ec2.create_flow_logs(
        ResourceIds=[interface], ResourceType="NetworkInterface", TrafficType="ALL", LogGroupName=GROUP,
        DeliverLogsPermissionArn=lab.role(), MaxAggregationInterval=60,
    )
    assert ids["Unsuccessful"] == []
    return interface, group, rules, acl["NetworkAclId"]


def changes(group, rules, acl):
    """No ssh, another port, and a network kept out: each operation with boto3's parameters."""
    return [
        ("RevokeSecurityGroupIngress", {"GroupId": group, "SecurityGroupRuleIds": [rules[22]]}),
        (
            "AuthorizeSecurityGroupIngress",
            {
                "GroupId": group,
                "IpPermissions": [
                    {"IpProtocol": "tcp", "FromPort": 8080, "ToPort": 8080, "IpRanges": [{"CidrIp": f"{CLIENT}/32"}]}
                ],
            },
        ),
        (
            "CreateNetworkAclEntry",
            {
                "NetworkAclId": acl, "RuleNumber": 90, "Protocol": "6", "RuleAction": "deny", "Egress": False,
                "CidrBlock": "198.51.100.0/24", "PortRange": {"From": 443, "To": 443},
            },
        ),
    ]


def make(lab, operation, parameters):
    """Makes a change through the API."""
    ec2 = lab.client("ec2")
    names = {name.replace("_", ""): name for name in dir(ec2)}
    getattr(ec2, names[operation.lower()])(**parameters)


def actions(events):
    """Returns the actions of the records of each flow."""
    found = {}
    for event in events:
        record = event["message"].split()
        if record[13] == "OK":
            found.setdefault(tuple(record[3:8]), set()).add(record[12])
    return found


def test_what_is_foretold_comes_true(lab, server, tmp_path):
    interface, group, rules, acl = server
    stream = f"{interface}-all"
    lab.replay("host", interface, capture.write(tmp_path / "before.pcap", PACKETS)).end()
    before = eventually(lambda: len(events := lab.events(GROUP, stream)) >= 9 and events)
    recorded = actions(before)
    assert recorded[(CLIENT, SERVER, "40001", "22", "6")] == {"ACCEPT"}
    proposal = tmp_path / "proposal.json"
    proposal.write_text(json.dumps([{name: parameters} for name, parameters in changes(group, rules, acl)]))

    told = lab.flowlogd("what-if", "--log-group", GROUP, "--change", str(proposal), "--output-format", "json")
    *flips, counts = [json.loads(line) for line in told.stdout.splitlines()]

    assert counts == {
        "records": len(before), "unchanged": len(before) - 5, "accept-to-reject": 4, "reject-to-accept": 1,
        "contradicted": 0, "not-judged": 0, "incomplete": 0, "no-data": 0, "skip-data": 0, "faulty-lines": 0,
    }
    rows = {
        (flip["class"], flip["flow-direction"], flow["peer"], flow["port"], flip["now"]["x-deciding-rule"],
         flip["then"]["x-deciding-rule"]): flow["packets"]
        for flip in flips for flow in flip["flows"]
    }
    deny, no_rule = f"{acl}:ingress:90", f"implicit-deny:{group}"
    assert rows == {
        ("accept-to-reject", "ingress", CLIENT, 22, rules[22], no_rule): 2,
        ("accept-to-reject", "egress", CLIENT, 22, f"tracked:{rules[22]}", no_rule): 1,
        ("accept-to-reject", "ingress", STRANGER, 443, rules[443], deny): 2,
        ("accept-to-reject", "egress", STRANGER, 443, f"tracked:{rules[443]}", no_rule): 1,
        ("reject-to-accept", "ingress", CLIENT, 8080, no_rule, "sgr-proposed-1"): 2,
    }

    for operation, parameters in changes(group, rules, acl):
        make(lab, operation, parameters)
    # An agent begins with the rules that it kept, and a replay would be over before others come.
    shutil.rmtree(lab.directory / "host.state")
    lab.replay("host", interface, capture.write(tmp_path / "after.pcap", PACKETS))
    after = eventually(lambda: len(events := lab.events(GROUP, stream)) >= 2 * len(before) and events)

    # Both replays end now, so their records may be of the same second.
    last = max(event["ingestionTime"] for event in before)
    now = actions(event for event in after if event["ingestionTime"] > last)
    other = {"ACCEPT": "REJECT", "REJECT": "ACCEPT"}
    flipped = {(flip["flow-direction"], flow["peer"], flow["port"]) for flip in flips for flow in flip["flows"]}
    for (srcaddr, dstaddr, srcport, dstport, protocol), [action] in recorded.items():
        place = ("egress", dstaddr) if srcaddr == SERVER else ("ingress", srcaddr)
        port = int(dstport) if int(dstport) < int(srcport) else int(srcport)
        foretold = other[action] if (*place, port) in flipped else action
        assert now[(srcaddr, dstaddr, srcport, dstport, protocol)] == {foretold}, (srcaddr, dstaddr, srcport, dstport)


def test_rules_that_nothing_used_are_told_with_the_time(lab, server, tmp_path):
    interface, _, rules, _ = server
    lab.replay("host", interface, capture.write(tmp_path / "traffic.pcap", PACKETS))

    def look():
        told = lab.flowlogd("what-if", "--unused", "--output-format", "json")
        *rows, counts = [json.loads(line) for line in told.stdout.splitlines()]
        return counts["rules-used"] == 2 and rows

    rows = eventually(look)
    [unused] = [row for row in rows if row["class"] == "unused"]
    assert (unused["rule"], unused["interfaces"]) == (rules[25], 1)
    assert unused["text"].endswith("tcp 25 from 0.0.0.0/0")
    assert unused["since"] <= unused["until"]

    text = lab.flowlogd("what-if", "--unused").stdout
    assert f"{rules[25]} (" in text and "that 1 interface was watched (since " in text, text


def test_a_group_whose_format_nobody_knows_wants_one(lab):
    lab.client("logs").create_log_group(logGroupName="lonely")
    for arguments, status, message in (
        (["--log-group", "lonely"], 2, "no flow log writes to the log group lonely"),
        (["--log-group", "gone", "--format", "${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} "
          "${protocol} ${action}"], 4, "there is no log group gone"),
        (["--log-group", "lonely", "--format", "${srcaddr}"], 2, "the records have no interface-id"),
    ):
        path = lab.directory / "none.json"
        path.write_text("[]")
        done = lab.flowlogd("what-if", *arguments, "--change", str(path), check=False)
        assert (done.returncode, message in done.stderr) == (status, True), done.stderr


def test_the_present_rules_are_asked_for_in_both_families(lab, tmp_path):
    ec2 = lab.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16", AmazonProvidedIpv6CidrBlock=True)["Vpc"]
    [block] = vpc["Ipv6CidrBlockAssociationSet"]
    network = block["Ipv6CidrBlock"].replace("/56", "/64")
    subnet = ec2.create_subnet(VpcId=vpc["VpcId"], CidrBlock="10.9.1.0/24", Ipv6CidrBlock=network)["Subnet"]
    interface = ec2.create_network_interface(SubnetId=subnet["SubnetId"], Ipv6AddressCount=1)["NetworkInterface"]
    eni, own = interface["NetworkInterfaceId"], interface["Ipv6Addresses"][0]["Ipv6Address"]
    group = interface["Groups"][0]["GroupId"]
    records = tmp_path / "records.log"
    records.write_text(f"2 1 {eni} 2001:db8::9 {own} 40000 443 6 3 120 1 2 REJECT OK\n")
    change = tmp_path / "change.json"
    permission = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "Ipv6Ranges": [{"CidrIpv6": "2001:db8::/32"}]}
    change.write_text(
        json.dumps([{"AuthorizeSecurityGroupIngress": {"GroupId": group, "IpPermissions": [permission]}}])
    )

    told = lab.flowlogd("what-if", str(records), "--change", str(change), "--output-format", "json")

    [flip, counts] = [json.loads(line) for line in told.stdout.splitlines()]
    assert (flip["class"], flip["interface-id"], flip["packets"]) == ("reject-to-accept", eni, 3)
    assert flip["now"]["x-deciding-rule"] == f"implicit-deny:{group}"
    assert (counts["reject-to-accept"], told.stderr) == (1, "")
