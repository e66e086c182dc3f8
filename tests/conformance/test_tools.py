"""Tools that people have for AWS's flow logs work here as they are."""

import os
import subprocess
from collections import Counter

from flowlogs_reader import FlowLogsReader

from lab import REGION
from test_flow_logs import GROUP, make
from test_kill import write_flows

COUNT = 500


def delivered(lab, tmp_path):
    interface = lab.interface("172.31.16.77")["NetworkInterfaceId"]
    flow_log = make(lab, lab.role(), interface)
    path = write_flows(tmp_path / "flows.pcap", "172.31.16.77", COUNT)
    agent = lab.agent("host", "--interface", interface, "--replay", str(path))
    assert agent.process.wait(60) == 0
    return interface, flow_log


def test_flowlogs_reader_reads_every_record(lab, tmp_path):
    interface, flow_log = delivered(lab, tmp_path)
    flow_logs = lab.client("ec2").describe_flow_logs(FlowLogIds=[flow_log])["FlowLogs"]

    reader = FlowLogsReader(flow_logs[0]["LogGroupName"], boto_client=lab.client("logs"), filter_pattern="REJECT")

    records = list(reader)

    assert len(records) == COUNT
    assert Counter(record.action for record in records) == {"REJECT": COUNT}
    assert {record.interface_id for record in records} == {interface}
    assert len({(record.srcaddr, record.srcport) for record in records}) == COUNT


def test_awslogs_prints_every_record(lab, tmp_path):
    interface, _ = delivered(lab, tmp_path)
    environment = {
        **os.environ,
        "AWS_ENDPOINT_URL": lab.endpoint,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_SHARED_CREDENTIALS_FILE": str(lab.data / "credentials"),
    }

    def awslogs(*arguments):
        return subprocess.run(
            ["awslogs", *arguments], env=environment, capture_output=True, text=True, check=True
        ).stdout.splitlines()

    assert GROUP in awslogs("groups")
    assert awslogs("streams", GROUP) == [f"{interface}-all"]
    lines = awslogs("get", GROUP, "ALL", "--start", "1h", "--no-color")
    assert len([line for line in lines if line.endswith("REJECT OK")]) == COUNT
