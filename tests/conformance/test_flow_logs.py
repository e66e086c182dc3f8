"""From packets to records in the log stream, by the AWS SDK alone."""

import json

import pytest
from botocore.exceptions import ClientError

import capture
from lab import ACCOUNT, DELIVERY, TRUST, eventually

GROUP = "flow-logs"


def make(lab, role, resource, kind="NetworkInterface", traffic="ALL", group=GROUP, **more):
    ids = lab.client("ec2").create_flow_logs(
        ResourceIds=[resource],
        ResourceType=kind,
        TrafficType=traffic,
        LogGroupName=group,
        DeliverLogsPermissionArn=role,
        MaxAggregationInterval=60,
        **more,
    )
    assert ids["Unsuccessful"] == []
    return ids["FlowLogIds"][0]


def status(lab, flow_log):
    found = lab.client("ec2").describe_flow_logs(FlowLogIds=[flow_log])["FlowLogs"][0]
    return found["DeliverLogsStatus"], found.get("DeliverLogsErrorMessage")


@pytest.fixture
def instance(lab):
    """172.31.16.139, which may be pinged but sends nothing by itself; its subnet lets no ICMP out."""
    ec2 = lab.client("ec2")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    group = ec2.create_security_group(GroupName="ping", Description="ping", VpcId=vpc)["GroupId"]
    ec2.revoke_security_group_egress(
        GroupId=group, IpPermissions=[{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    )
    ec2.authorize_security_group_ingress(
        GroupId=group,
        IpPermissions=[{"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}],
    )
    interface = lab.interface("172.31.16.139", groups=[group])
    acl = ec2.describe_network_acls(Filters=[{"Name": "default", "Values": ["true"]}])["NetworkAcls"][0]
    ec2.create_network_acl_entry(
        NetworkAclId=acl["NetworkAclId"], RuleNumber=90, Protocol="1", RuleAction="deny", Egress=True,
        CidrBlock="0.0.0.0/0", IcmpTypeCode={"Type": -1, "Code": -1},
    )
    return interface["NetworkInterfaceId"]


PING = [
    (1000.0, capture.ping("203.0.113.12", "172.31.16.139")),
    (1000.1, capture.ping("172.31.16.139", "203.0.113.12", reply=True)),
]


def test_a_ping_that_only_the_acl_stops_is_two_records(lab, instance, tmp_path):
    role = lab.role()
    make(lab, role, instance)
    lab.replay("host", instance, capture.write(tmp_path / "ping.pcap", PING))

    events = eventually(lambda: lab.events(GROUP, f"{instance}-all"))
    records = [event["message"].split() for event in events]
    assert [record[3:10] + record[12:] for record in records] == [
        ["203.0.113.12", "172.31.16.139", "0", "0", "1", "1", "84", "ACCEPT", "OK"],
        ["172.31.16.139", "203.0.113.12", "0", "0", "1", "1", "84", "REJECT", "OK"],
    ] or [record[3:10] + record[12:] for record in records] == [
        ["172.31.16.139", "203.0.113.12", "0", "0", "1", "1", "84", "REJECT", "OK"],
        ["203.0.113.12", "172.31.16.139", "0", "0", "1", "1", "84", "ACCEPT", "OK"],
    ]
    for event, record in zip(events, records):
        assert record[:3] == ["2", ACCOUNT, instance]
        assert event["timestamp"] == int(record[10]) * 1000


def test_the_reason_is_there_without_asking_for_it(lab, instance, tmp_path):
    make(lab, lab.role(), instance)
    lab.replay("host", instance, capture.write(tmp_path / "ping.pcap", PING))

    [event] = eventually(lambda: lab.events("/flowlogd/decisions", instance))
    decision = json.loads(event["message"])
    assert decision["action"] == "REJECT"
    assert decision["x-deciding-rule"].endswith(":egress:90")
    assert len(decision["groups"]) == 1


def test_an_interface_that_came_after_the_vpcs_flow_log_is_covered(lab, tmp_path):
    vpc = lab.client("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]
    make(lab, lab.role(), vpc, "VPC", "REJECT")
    interface = lab.interface("172.31.16.50")["NetworkInterfaceId"]
    packets = [(5.0, capture.tcp("203.0.113.9", "172.31.16.50", 5000, 22))]
    lab.replay("host", interface, capture.write(tmp_path / "syn.pcap", packets))

    [event] = eventually(lambda: lab.events(GROUP, f"{interface}-reject"))
    assert " 5000 22 6 1 40 " in event["message"]


def test_three_flow_logs_over_one_interface_share_what_was_seen(lab, instance, tmp_path):
    ec2, role = lab.client("ec2"), lab.role()
    interface = ec2.describe_network_interfaces(NetworkInterfaceIds=[instance])["NetworkInterfaces"][0]
    make(lab, role, instance, traffic="ACCEPT")
    make(lab, role, interface["SubnetId"], "Subnet", "REJECT")
    make(
        lab, role, interface["VpcId"], "VPC", group="custom",
        LogFormat="${interface-id} ${flow-direction} ${action} ${x-deciding-rule}",
    )
    lab.replay("host", instance, capture.write(tmp_path / "ping.pcap", PING))

    [accepted] = eventually(lambda: lab.events(GROUP, f"{instance}-accept"))
    [refused] = eventually(lambda: lab.events(GROUP, f"{instance}-reject"))
    both = eventually(lambda: lab.events("custom", f"{instance}-all"))
    assert accepted["message"].endswith("ACCEPT OK") and refused["message"].endswith("REJECT OK")
    lines = sorted(event["message"].split()[:3] for event in both)
    assert lines == [[instance, "egress", "REJECT"], [instance, "ingress", "ACCEPT"]]


def test_a_silent_window_is_told_by_nodata(lab, tmp_path):
    interface = lab.interface("172.31.16.60")["NetworkInterfaceId"]
    make(lab, lab.role(), interface)
    packets = [
        (0.0, capture.udp("203.0.113.9", "172.31.16.60", 1, 2)),
        (200.0, capture.udp("203.0.113.9", "172.31.16.60", 1, 2)),
    ]
    lab.replay("host", interface, capture.write(tmp_path / "gap.pcap", packets))

    events = eventually(lambda: len(found := lab.events(GROUP, f"{interface}-all")) >= 4 and found)
    statuses = [event["message"].split()[-1] for event in events]
    assert statuses[0] == statuses[-1] == "OK" and set(statuses[1:-1]) == {"NODATA"}
    assert events[1]["message"].split()[3:10] == ["-"] * 7


def test_a_role_without_permission_is_told_explained_mended_and_nothing_is_lost(lab, instance, tmp_path):
    iam = lab.client("iam")
    role = lab.role(policy=None)
    flow_log = make(lab, role, instance)
    assert status(lab, flow_log) == ("SUCCESS", None)
    lab.replay("host", instance, capture.write(tmp_path / "ping.pcap", PING))

    eventually(lambda: status(lab, flow_log) == ("FAILED", "Access error"))
    doctor = lab.flowlogd("doctor", flow_log, check=False)
    assert doctor.returncode == 1
    assert "BROKEN logs:CreateLogGroup" in doctor.stdout and '"logs:PutLogEvents"' in doctor.stdout
    policy = json.loads(lab.flowlogd("doctor", flow_log, "--json", check=False).stdout)[0]["policy"]

    iam.put_role_policy(RoleName="flowlogs", PolicyName="mended", PolicyDocument=json.dumps(policy))
    assert len(eventually(lambda: lab.events(GROUP, f"{instance}-all"))) == 2
    eventually(lambda: status(lab, flow_log) == ("SUCCESS", None))
    assert lab.flowlogd("doctor", flow_log).returncode == 0


def test_a_denial_is_mended_by_taking_its_statement_away(lab, instance, tmp_path):
    iam, role = lab.client("iam"), lab.role()
    deny = {"Sid": "Oops", "Effect": "Deny", "Action": "logs:Put*", "Resource": "*"}
    allow = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    denial = {"Version": "2012-10-17", "Statement": [allow, deny]}
    iam.put_role_policy(RoleName="flowlogs", PolicyName="nope", PolicyDocument=json.dumps(denial))
    flow_log = make(lab, role, instance)
    lab.replay("host", instance, capture.write(tmp_path / "ping.pcap", PING))
    eventually(lambda: status(lab, flow_log) == ("FAILED", "Access error"))

    told = lab.flowlogd("doctor", flow_log, check=False).stdout
    assert "statement Oops of nope denies it" in told and "Take statement Oops of nope away" in told, told
    policy = json.loads(lab.flowlogd("doctor", flow_log, "--json", check=False).stdout)[0]["policy"]
    assert policy == {"Version": "2012-10-17", "Statement": [allow]}

    iam.put_role_policy(RoleName="flowlogs", PolicyName="nope", PolicyDocument=json.dumps(policy))
    eventually(lambda: status(lab, flow_log) == ("SUCCESS", None))
    assert lab.flowlogd("doctor", flow_log).returncode == 0


def test_a_role_that_stops_trusting_the_service_is_named_by_its_condition(lab, instance, tmp_path):
    iam, role = lab.client("iam"), lab.role()
    flow_log = make(lab, role, instance)
    for other in ("111111111111", None):
        trust = json.loads(json.dumps(TRUST))
        if other:
            trust["Statement"][0]["Condition"] = {"StringEquals": {"aws:SourceAccount": other}}
        else:
            trust["Statement"][0]["Principal"] = {"Service": "ec2.amazonaws.com"}
        iam.update_assume_role_policy(RoleName="flowlogs", PolicyDocument=json.dumps(trust))
        if other:
            lab.replay("host", instance, capture.write(tmp_path / "ping.pcap", PING))
        eventually(lambda: status(lab, flow_log) == ("FAILED", "Access error"))
        told = lab.flowlogd("doctor", flow_log, check=False).stdout
        assert "BROKEN trust" in told
        if other:
            assert "aws:SourceAccount" in told and "111111111111" in told and ACCOUNT in told
    iam.update_assume_role_policy(RoleName="flowlogs", PolicyDocument=json.dumps(TRUST))
    assert len(eventually(lambda: lab.events(GROUP, f"{instance}-all"), 30)) == 2


def test_a_role_that_was_deleted_and_made_again_delivers_again(lab, instance, tmp_path):
    iam, role = lab.client("iam"), lab.role()
    flow_log = make(lab, role, instance)
    iam.delete_role_policy(RoleName="flowlogs", PolicyName="delivery")
    iam.delete_role(RoleName="flowlogs")
    lab.replay("host", instance, capture.write(tmp_path / "ping.pcap", PING))

    eventually(lambda: status(lab, flow_log) == ("FAILED", "Access error"))
    assert "BROKEN role" in lab.flowlogd("doctor", flow_log, check=False).stdout
    lab.role()
    assert len(eventually(lambda: lab.events(GROUP, f"{instance}-all"), 30)) == 2


def test_a_group_that_is_deleted_comes_again_with_the_next_record(lab, instance, tmp_path):
    logs = lab.client("logs")
    make(lab, lab.role(), instance)
    lab.replay("one", instance, capture.write(tmp_path / "ping.pcap", PING)).end()
    eventually(lambda: lab.events(GROUP, f"{instance}-all"))
    logs.delete_log_group(logGroupName=GROUP)

    lab.replay("one", instance, capture.write(tmp_path / "again.pcap", PING))
    assert len(eventually(lambda: lab.events(GROUP, f"{instance}-all"))) == 2


def test_a_flow_log_that_is_deleted_records_no_more_and_its_successor_does(lab, instance, tmp_path):
    ec2, role = lab.client("ec2"), lab.role()
    first = make(lab, role, instance)
    assert ec2.delete_flow_logs(FlowLogIds=[first])["Unsuccessful"] == []
    assert ec2.describe_flow_logs()["FlowLogs"] == []
    make(lab, role, instance, traffic="REJECT")
    lab.replay("host", instance, capture.write(tmp_path / "ping.pcap", PING))

    eventually(lambda: lab.events(GROUP, f"{instance}-reject"))
    streams = lab.client("logs").describe_log_streams(logGroupName=GROUP)["logStreams"]
    assert [stream["logStreamName"] for stream in streams] == [f"{instance}-reject"]


def test_the_lectures_user_may_do_just_that(lab, instance):
    iam, role = lab.client("iam"), lab.role()
    other = lab.role("other")
    iam.create_user(UserName="u")
    iam.put_user_policy(
        UserName="u",
        PolicyName="lecture",
        PolicyDocument=json.dumps({
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": [
                        "ec2:CreateFlowLogs", "ec2:DeleteFlowLogs", "ec2:DescribeFlowLogs", "logs:GetLogData",
                    ],
                    "Resource": "*",
                },
                {"Effect": "Allow", "Action": "iam:PassRole", "Resource": role},
            ],
        }),
    )
    key = iam.create_access_key(UserName="u")["AccessKey"]
    mine = (key["AccessKeyId"], key["SecretAccessKey"])
    ec2, logs = lab.client("ec2", *mine), lab.client("logs", *mine)
    ask = dict(
        ResourceIds=[instance], ResourceType="NetworkInterface", TrafficType="ALL", LogGroupName=GROUP,
    )

    made = ec2.create_flow_logs(DeliverLogsPermissionArn=role, **ask)["FlowLogIds"]
    assert [log["FlowLogId"] for log in ec2.describe_flow_logs()["FlowLogs"]] == made
    with pytest.raises(ClientError, match="iam:PassRole") as refused:
        ec2.create_flow_logs(DeliverLogsPermissionArn=other, **ask)
    assert refused.value.response["Error"]["Code"] == "UnauthorizedOperation"
    with pytest.raises(ClientError, match="logs:DescribeLogGroups") as refused:
        logs.describe_log_groups()
    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"
    with pytest.raises(ClientError) as missing:
        logs.get_log_events(logGroupName=GROUP, logStreamName=f"{instance}-all")
    assert missing.value.response["Error"]["Code"] == "ResourceNotFoundException"
    with pytest.raises(ClientError, match="iam:ListUsers") as refused:
        lab.client("iam", *mine).list_users()
    assert refused.value.response["Error"]["Code"] == "AccessDenied"
    assert lab.client("sts", *mine).get_caller_identity()["Arn"].endswith(":user/u")
    ec2.delete_flow_logs(FlowLogIds=made)


def test_a_role_that_does_not_trust_the_service_is_refused_at_once(lab, instance):
    role = lab.role(trust={
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    })
    with pytest.raises(ClientError, match="Unable to assume given IAM role"):
        make(lab, role, instance)


def test_what_survives_is_what_was_answered(lab, instance):
    flow_log = make(lab, lab.role(), instance)
    before = lab.client("ec2").describe_flow_logs()["FlowLogs"]
    lab.server.end(9)
    lab.start()
    assert lab.client("ec2").describe_flow_logs()["FlowLogs"] == before
    assert before[0]["FlowLogId"] == flow_log
    assert DELIVERY["Statement"][0]["Action"][2] == "logs:PutLogEvents"
