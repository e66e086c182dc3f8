"""The agent as a program: when it ends, and what it says."""

import os
import re
import subprocess

from lab import Process, binary
from test_flow_logs import GROUP, make
from test_kill import write_flows


def replay(lab, tmp_path, interface, path):
    return Process(
        [
            binary(), "agent", "--endpoint", lab.endpoint, "--credentials", str(lab.enroll("host")),
            "--state-dir", str(tmp_path / "state"), "--interface", interface, "--replay", str(path),
        ]
    )


def test_a_replay_ends_by_itself_when_all_is_delivered(lab, tmp_path):
    interface = lab.interface("172.31.16.77")["NetworkInterfaceId"]
    make(lab, lab.role(), interface)
    path = write_flows(tmp_path / "flows.pcap", "172.31.16.77", 1000)

    agent = replay(lab, tmp_path, interface, path)

    assert agent.process.wait(60) == 0
    status = lab.flowlogd("status").stdout
    assert re.search(r"1000 records delivered|10\d\d records delivered", status), status
    assert "wait" not in status, status
    # Once more: it is over at once, and nothing is there twice.
    assert replay(lab, tmp_path, interface, path).process.wait(60) == 0
    again = lab.flowlogd("status").stdout
    assert "wait" not in again, again


def test_a_file_that_cannot_be_replayed_ends_the_agent_with_its_name(lab, tmp_path):
    interface = lab.interface()["NetworkInterfaceId"]
    for name, text in (("missing.pcap", None), ("no-capture.pcap", b"hello, this is no capture at all")):
        path = tmp_path / name
        if text:
            path.write_bytes(text)

        agent = replay(lab, tmp_path, interface, path)

        assert agent.process.wait(60) == 1
        agent.reader.join(5)
        assert agent.lines[-1].startswith("flowlogd: "), agent.lines[-1]
        assert name in agent.lines[-1], agent.lines[-1]


def test_an_agent_is_enrolled_only_where_it_can_be(lab):
    data = ["--data-dir", str(lab.data)]

    other = lab.flowlogd("agent", "enroll", "--host", "web-9", "--account-id", "210987654321", *data, check=False)
    assert (other.returncode, other.stdout) == (2, ""), other
    assert "no account 210987654321" in other.stderr, other.stderr
    odd = lab.flowlogd("agent", "enroll", "--host", "a b", *data, check=False)
    assert (odd.returncode, odd.stdout) == (2, ""), odd
    assert "'a b' is no host name" in odd.stderr, odd.stderr


def test_tail_ends_quietly_when_its_reader_does(lab, tmp_path):
    interface = lab.interface("172.31.16.77")["NetworkInterfaceId"]
    make(lab, lab.role(), interface)
    path = write_flows(tmp_path / "flows.pcap", "172.31.16.77", 20_000)
    assert replay(lab, tmp_path, interface, path).process.wait(60) == 0
    environment = {
        **os.environ,
        "AWS_ENDPOINT_URL": lab.endpoint,
        "AWS_REGION": "us-east-1",
        "AWS_SHARED_CREDENTIALS_FILE": str(lab.data / "credentials"),
    }

    tail = subprocess.Popen(
        [binary(), "tail", GROUP, "--since", "1h"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, text=True,
    )
    assert "REJECT" in tail.stdout.readline()
    tail.stdout.close()

    assert (tail.wait(30), tail.stderr.read()) == (0, "")
