"""The agent's capture in the kernel: what it needs, what it falls back to, and what stays when it ends."""

import contextlib
import hashlib
import json
import signal
import socket
import struct
import subprocess
import time
from pathlib import Path

import pytest

from lab import Lab, binary, eventually
from namespace import cable, need_root, new_namespace
from test_flow_logs import GROUP, make
from test_kill_live import RATE, Sender, read
from xdp import dropping

WINDOW = 2
# What the unit file gives.
CAPABILITIES = ["bpf", "net_admin", "perfmon", "net_raw"]


@pytest.fixture
def network():
    need_root("capture in the kernel needs root")
    with new_namespace():
        cable("eni0", "out0")
        yield


def attached(interface, capture="auto"):
    return ["host", "--interface", interface, "--device", "eni0", "--side", "guest", "--capture", capture]


def with_only(capabilities):
    """The words before a command that let it have only these capabilities, though it is root's."""
    bounds = ",".join(["-all", *(f"+{capability}" for capability in capabilities)])
    return ["setpriv", f"--bounding-set={bounds}", "--inh-caps=-all"]


def attachment(lab):
    """The attachment as the agent has reported it; nothing before it has."""
    agents = json.loads(lab.flowlogd("status", "--json").stdout)["agents"]
    attachments = [attachment for agent in agents for attachment in agent["report"]["attachments"]]
    return attachments[0] if attachments else None


def capturing(lab):
    return eventually(lambda: (found := attachment(lab)) and found["state"] == "capturing" and found)


def test_the_capabilities_of_the_unit_file_suffice_for_the_kernel(network, tmp_path):
    with Lab(tmp_path) as lab:
        interface = lab.interface("172.31.16.80")["NetworkInterfaceId"]
        lab.agent(*attached(interface), window=WINDOW, prefix=with_only(CAPABILITIES))
        found = capturing(lab)
        assert (found["capture"], found.get("captureReason")) == ("ebpf", None)


@pytest.mark.parametrize("missing", ["bpf", "perfmon", "net_admin"])
def test_without_a_capability_packets_are_captured_by_packet_sockets_and_the_reason_is_told(network, tmp_path, missing):
    with Lab(tmp_path) as lab:
        interface = lab.interface("172.31.16.81")["NetworkInterfaceId"]
        may = [capability for capability in CAPABILITIES if capability != missing]
        agent = lab.agent(*attached(interface), window=WINDOW, prefix=with_only(may))
        found = capturing(lab)
        assert found["capture"] == "af_packet"
        assert "kernel" in found["captureReason"] or "cannot" in found["captureReason"]
        assert any("captured by AF_PACKET" in line for line in agent.lines)
        assert "not counted in the kernel: " in lab.flowlogd("status").stdout


def test_who_asks_for_the_kernel_is_refused_where_it_cannot_be_used(network, tmp_path):
    with Lab(tmp_path) as lab:
        interface = lab.interface("172.31.16.82")["NetworkInterfaceId"]
        agent = lab.agent(*attached(interface, "ebpf"), prefix=with_only(["net_raw"]))
        lab.agents.remove(agent)
        assert agent.process.wait(20) == 1
        assert any("agent.capture is ebpf, but" in line for line in agent.lines), agent.lines


def begin(lab, target):
    """An interface with a flow log, the agent that counts its packets in the kernel, and a sender of some."""
    interface = lab.interface(target)["NetworkInterfaceId"]
    make(lab, lab.role(), interface)
    agent = lab.agent(*attached(interface, "ebpf"), window=WINDOW)
    agent.wait_for(r'"state":"capturing"')
    return interface, agent, Sender("out0", target)


@pytest.mark.parametrize("way", ["links", "filters"])
def test_packets_are_counted_while_no_agent_runs(network, tmp_path, monkeypatch, way):
    if way == "filters":
        monkeypatch.setenv("FLOWLOGD_CLSACT", "1")
    with Lab(tmp_path) as lab:
        target = "172.31.16.83"
        interface, agent, sender = begin(lab, target)
        time.sleep(1)
        lab.agents.remove(agent)
        assert agent.end() == 0
        # Windows pass by.
        time.sleep(3 * WINDOW)
        lab.agent(*attached(interface, "ebpf"), window=WINDOW).wait_for(r'"state":"capturing"')
        sent = sender.end()
        time.sleep(2 * WINDOW + 3)
        recorded, skipped, _ = read(lab, interface)
        assert (recorded, skipped) == (sent, set())


def test_what_packet_sockets_have_counted_is_published_when_the_kernel_takes_over(network, tmp_path):
    with Lab(tmp_path) as lab:
        target = "172.31.16.87"
        interface = lab.interface(target)["NetworkInterfaceId"]
        make(lab, lab.role(), interface)
        agent = lab.agent(*attached(interface, "af_packet"), window=60)
        agent.wait_for(r'"state":"capturing"')
        sender = Sender("out0", target)
        time.sleep(2)
        sent = sender.end()
        # Everything is in an epoch of the journal.
        time.sleep(3)
        lab.agents.remove(agent)
        agent.end(signal.SIGKILL)
        lab.agent(*attached(interface, "ebpf"), window=60).wait_for(r'"state":"capturing"')
        recorded, skipped, _ = read(lab, interface)
        assert (recorded, skipped) == (sent, set())


def frame(source, destination):
    """One UDP packet from a port 53 to a port 53."""
    addresses = socket.inet_aton(source) + socket.inet_aton(destination)
    header = struct.pack("!BBHHHBBH", 0x45, 0, 28, 1, 0, 64, 17, 0) + addresses
    return b"\2\0\0\0\0\1\2\0\0\0\0\2\x08\0" + header + struct.pack("!HHHH", 53, 53, 8, 0)


def datagram(device, source, destination):
    """Sends a packet into a device."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as out:
        out.bind((device, 0x0800))
        out.send(frame(source, destination))


def test_connections_outlive_the_agent(network, tmp_path):
    with Lab(tmp_path) as lab:
        own, peer = "172.31.16.88", "10.1.2.3"
        interface = lab.interface(own)["NetworkInterfaceId"]
        make(lab, lab.role(), interface)
        agent = lab.agent(*attached(interface, "ebpf"), window=WINDOW)
        agent.wait_for(r'"state":"capturing"')
        datagram("eni0", own, peer)
        lab.agents.remove(agent)
        agent.end(signal.SIGKILL)
        lab.agent(*attached(interface, "ebpf"), window=WINDOW).wait_for(r'"state":"capturing"')
        # No rule lets it in: it is an answer.
        datagram("out0", peer, own)
        time.sleep(2 * WINDOW + 3)
        read(lab, interface)
        events = lab.events(GROUP, f"{interface}-all")
        actions = sorted((fields[3], fields[12]) for event in events if (fields := event["message"].split())[-1] == "OK")
        assert actions == [(peer, "ACCEPT"), (own, "ACCEPT")]


def test_a_clock_that_is_set_is_followed_from_the_next_window_on(network, tmp_path, monkeypatch):
    ahead = tmp_path / "ahead"
    monkeypatch.setenv("FLOWLOGD_CLOCK_AHEAD", str(ahead))

    def set_clock(seconds):
        # In one piece: it may be read at any time.
        (tmp_path / "new").write_text(str(seconds))
        (tmp_path / "new").rename(ahead)

    set_clock(0)
    with Lab(tmp_path) as lab:
        target = "172.31.16.89"
        interface, agent, sender = begin(lab, target)
        for times, seconds in enumerate([3600, 600, 597, 601], 1):
            time.sleep(2 * WINDOW)
            set_clock(seconds)
            eventually(lambda: sum("the clock of this machine was set" in line for line in agent.lines) == times)
        time.sleep(2 * WINDOW)
        # Set back while no agent runs: its windows of the future are published all the same.
        lab.agents.remove(agent)
        assert agent.end() == 0
        set_clock(300)
        agent = lab.agent(*attached(interface, "ebpf"), window=WINDOW)
        agent.wait_for(r'"state":"capturing"')
        time.sleep(2 * WINDOW)
        sent, ended = sender.end(), time.time()
        time.sleep(2 * WINDOW + 3)

        recorded, skipped, ledgers = read(lab, interface)
        assert (recorded, skipped) == (sent, set())
        assert sum(entry["recorded"] for entry in ledgers) == sent
        events = [event["message"].split() for event in lab.events(GROUP, f"{interface}-all")]
        flows = [fields for fields in events if fields[-1] == "OK"]
        # No record reaches beyond its window.
        assert all(int(fields[10]) // WINDOW == int(fields[11]) // WINDOW for fields in flows)
        hours = {}
        for fields in flows:
            by = min([0, 300, 600, 3600], key=lambda by: abs(int(fields[10]) - by - ended))
            hours[by] = hours.get(by, 0) + int(fields[8])
        assert all(hours.get(by, 0) > RATE for by in [0, 300, 600, 3600]), hours


def lost(ledgers):
    return sum(sum(entry.get("lost", {}).values()) for entry in ledgers)


@pytest.mark.parametrize("way", ["links", "filters"])
def test_a_program_that_somebody_takes_off_is_attached_again_and_what_passed_is_told(network, tmp_path, monkeypatch, way):
    if way == "filters":
        monkeypatch.setenv("FLOWLOGD_CLSACT", "1")
    with Lab(tmp_path) as lab:
        target = "172.31.16.90"
        interface, agent, sender = begin(lab, target)
        time.sleep(3 * WINDOW)
        if way == "filters":
            subprocess.run(["tc", "qdisc", "del", "dev", "eni0", "clsact"], check=True)
        else:
            state = (tmp_path / "host.state").resolve()
            owner = Path("/sys/fs/bpf/flowlogd") / hashlib.sha256(bytes(state)).hexdigest()[:16]
            pins = [pin for pin in owner.glob("*/*") if pin.name.startswith(("receive_", "send_"))]
            assert len(pins) == 2
            for pin in pins:
                pin.unlink()
        agent.wait_for("somebody has taken the program off")
        time.sleep(WINDOW)
        sent = sender.end()
        time.sleep(2 * WINDOW + 5)
        recorded, skipped, ledgers = read(lab, interface)
        print(f"\nsent {sent}, recorded {recorded}, lost {lost(ledgers)}")
        assert recorded < sent and skipped
        # Between two looks at program and device, a few pass.
        assert abs(recorded + lost(ledgers) - sent) < RATE * 0.1


def test_what_passes_while_program_and_tables_are_gone_is_told(network, tmp_path):
    with Lab(tmp_path) as lab:
        target = "172.31.16.91"
        interface, agent, sender = begin(lab, target)
        time.sleep(3 * WINDOW)
        lab.agents.remove(agent)
        agent.end(signal.SIGKILL)
        lab.flowlogd("detach", "--state-dir", str(tmp_path / "host.state"))
        time.sleep(WINDOW)
        sent = sender.end()
        agent = lab.agent(*attached(interface, "ebpf"), window=WINDOW)
        agent.wait_for("packets passed that no program has counted")
        time.sleep(2 * WINDOW + 3)
        recorded, skipped, ledgers = read(lab, interface)
        print(f"\nsent {sent}, recorded {recorded}, lost {lost(ledgers)}")
        assert 0 < recorded < sent and skipped
        # What passes between reading the device and ending the epoch is told twice.
        assert sent <= recorded + lost(ledgers) < sent + RATE * 0.1


def test_a_device_that_is_made_anew_is_attached_anew(network, tmp_path):
    with Lab(tmp_path) as lab:
        target = "172.31.16.84"
        interface = lab.interface(target)["NetworkInterfaceId"]
        make(lab, lab.role(), interface)
        lab.agent(*attached(interface, "ebpf"), window=WINDOW).wait_for(r'"state":"capturing"')
        sent = 0
        for _ in range(3):
            sender = Sender("out0", target)
            time.sleep(1)
            sent += sender.end()
            # In order: what was sent is through before the device goes.
            time.sleep(0.2)
            subprocess.run(["ip", "link", "delete", "eni0"], check=True)
            eventually(lambda: (found := attachment(lab)) and "no device eni0" in found.get("detail", ""))
            cable("eni0", "out0")
            capturing(lab)
        time.sleep(2 * WINDOW + 3)
        recorded, skipped, _ = read(lab, interface)
        assert (recorded, skipped) == (sent, set())


@pytest.mark.parametrize("way", ["links", "filters"])
def test_detaching_leaves_nothing_behind(network, tmp_path, monkeypatch, way):
    if way == "filters":
        monkeypatch.setenv("FLOWLOGD_CLSACT", "1")
    with Lab(tmp_path) as lab:
        interface = lab.interface("172.31.16.85")["NetworkInterfaceId"]
        agent = lab.agent(*attached(interface, "ebpf"), window=WINDOW)
        agent.wait_for(r'"state":"capturing"')
        refused = lab.flowlogd("detach", "--state-dir", str(tmp_path / "host.state"), check=False)
        assert refused.returncode == 1 and "an agent runs with the state directory" in refused.stderr
        lab.agents.remove(agent)
        assert agent.end() == 0
        queues = ["tc", "qdisc", "show", "dev", "eni0"]
        assert ("clsact" in subprocess.run(queues, check=True, capture_output=True, text=True).stdout) == (way == "filters")
        detach = [binary(), "detach", "--state-dir", str(tmp_path / "host.state")]
        first, second = (subprocess.run(detach, check=True, capture_output=True, text=True).stdout for _ in range(2))
        assert (first, second) == ("2 programs taken off\n", "0 programs taken off\n")
        assert "clsact" not in subprocess.run(queues, check=True, capture_output=True, text=True).stdout


def test_status_and_metrics_tell_of_every_interface(network, tmp_path):
    with Lab(tmp_path) as lab:
        target = "172.31.16.86"
        interface = lab.interface(target)["NetworkInterfaceId"]
        make(lab, lab.role(), interface)
        lab.agent(*attached(interface, "ebpf"), window=WINDOW).wait_for(r'"state":"capturing"')
        sender = Sender("out0", target)
        time.sleep(2)
        sent = sender.end()

        def all_told():
            found = attachment(lab)
            return found if found["packets"] == sent and found["traffic"]["flows"] else None

        # An unchanged report is sent again after 15 seconds.
        found = eventually(all_told, 30)
        kernel = found["kernel"]
        assert (found["traffic"]["rejected"], found["traffic"]["lost"]) == (sent, 0)
        assert (kernel["unseen"], kernel["queueDrops"], kernel["deviceDrops"]) == (0, 0, 0)
        assert [hits["packets"] for hits in found["hits"]] == [sent]
        rules = lab.flowlogd("status", "--rules").stdout
        assert f"implicit-deny:{lab_group(lab)}: {sent} packets, last " in rules
        page = lab.metrics()
        assert f'flowlogd_interface_packets_total{{host="host",interface="{interface}"' in page
        assert any(line.startswith("flowlogd_rule_packets_total") and line.endswith(f" {sent}") for line in page.splitlines())


def test_what_others_take_before_and_behind_the_program_is_told(network, tmp_path):
    with Lab(tmp_path) as lab:
        target = "172.31.16.88"
        interface = lab.interface(target)["NetworkInterfaceId"]
        lab.agent(*attached(interface, "ebpf"), window=WINDOW).wait_for(r'"state":"capturing"')
        # From the first reading on, device and program are compared.
        eventually(lambda: (found := attachment(lab)) and found.get("kernel"))
        sender = Sender("out0", target)
        time.sleep(2)
        seen = sender.end()
        eventually(lambda: attachment(lab)["packets"] == seen, 30)

        with dropping("eni0"):
            sender = Sender("out0", target)
            time.sleep(1)
            taken = sender.end()
            time.sleep(0.2)
        # A queue that holds two packets of these.
        subprocess.run(["tc", "qdisc", "add", "dev", "eni0", "root", "tbf", "rate", "8kbit", "burst", "100", "limit", "90"], check=True)
        sent = 100
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as raw:
            raw.bind(("eni0", 0x0800))
            for _ in range(sent):
                # Who sends is told of a drop.
                with contextlib.suppress(OSError):
                    raw.send(frame(target, "10.9.9.9"))
        text = subprocess.run(["tc", "-s", "qdisc", "show", "dev", "eni0"], check=True, capture_output=True, text=True).stdout
        dropped = int(text.split("dropped ")[1].split(",")[0])
        assert 0 < dropped < sent

        def told():
            kernel = attachment(lab)["kernel"]
            return (kernel["frames"], kernel["unseen"], kernel["queueDrops"], kernel["deviceDrops"])

        eventually(lambda: told() == ([seen, sent], taken, dropped, 0), 40)


def lab_group(lab):
    groups = lab.client("ec2").describe_security_groups()["SecurityGroups"]
    return next(group["GroupId"] for group in groups if group["GroupName"] == "default")
