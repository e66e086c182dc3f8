"""The agent as a program: when it ends, and what it says."""

import re

from lab import Process, binary
from test_flow_logs import make
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
