"""What a device loses while its agent is killed is told: by SKIPDATA records, and in the ledger.

In the kernel nothing is lost."""

import json
import random
import signal
import socket
import struct
import subprocess
import threading
import time

import pytest

from lab import Lab, eventually
from namespace import cable, need_root, new_namespace
from test_flow_logs import GROUP, make

ROUNDS = 8
WINDOW = 2
RATE = 2000
# What passes between reading the device's counters and reading its packets is told twice: a few chunks.
TOLD_TWICE = ROUNDS * 500


class Sender:
    """Sends numbered packets into a device, at an even pace, and counts them."""

    def __init__(self, device, target):
        self.sent = 0
        self.device, self.target = device, target
        self.stop = threading.Event()
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        self.socket.bind((device, 0x0800))
        self.thread = threading.Thread(target=self._send, daemon=True)
        self.thread.start()

    def _send(self):
        began = time.monotonic()
        destination = socket.inet_aton(self.target)
        while not self.stop.is_set():
            while self.sent < (time.monotonic() - began) * RATE:
                header = struct.pack("!BBHHHBBH", 0x45, 0, 28, 1, 0, 64, 17, 0) + b"\x0a\x01\x02\x03" + destination
                ports = struct.pack("!HHHH", 1024 + self.sent % 64, 53, 8, 0)
                self.socket.send(b"\2\0\0\0\0\1\2\0\0\0\0\2\x08\0" + header + ports)
                self.sent += 1
            time.sleep(0.005)

    def end(self):
        self.stop.set()
        self.thread.join()
        self.socket.close()
        return self.sent


@pytest.fixture
def network():
    need_root("killing an agent at a device needs root for its network namespace")
    with new_namespace():
        cable("eni0", "out0")
        yield


def read(lab, interface, seconds=20):
    """Waits until everything is delivered, so long at most. Returns the packets recorded, the starts of windows with
    SKIPDATA, and the ledgers of all windows, which have to balance."""
    logs = lab.client("logs")

    def nothing_waits():
        status = json.loads(lab.flowlogd("status", "--json").stdout)
        deliveries = [delivery for agent in status["agents"] for delivery in agent["report"]["deliveries"]]
        return deliveries and not any(delivery["pendingBatches"] for delivery in deliveries)

    eventually(nothing_waits, seconds)
    # Ledgers are reported within a second.
    time.sleep(2)
    recorded, skipped = 0, set()
    for event in lab.events(GROUP, f"{interface}-all", logs):
        fields = event["message"].split()
        if fields[-1] == "OK":
            recorded += int(fields[8])
        elif fields[-1] == "SKIPDATA":
            skipped.add(int(fields[10]))
    stream = logs.describe_log_streams(logGroupName="/flowlogd/agents")["logStreams"][0]["logStreamName"]
    ledgers = {}
    for event in lab.events("/flowlogd/agents", stream, logs):
        for entry in json.loads(event["message"])["ledger"]:
            # A report may come twice when the agent was killed before it knew that it had arrived.
            ledgers.setdefault(json.dumps(entry, sort_keys=True), entry)
    for entry in ledgers.values():
        accounted = entry["recorded"] + sum(entry.get("excluded", {}).values()) + entry.get("lost", {}).get("flow-table", 0)
        assert entry["seen"] == accounted, json.dumps(entry)
    return recorded, skipped, list(ledgers.values())


def test_what_a_device_loses_by_a_kill_is_told(network, tmp_path):
    dice = random.Random(7)
    with Lab(tmp_path) as lab:
        target = "172.31.16.77"
        interface = lab.interface(target)["NetworkInterfaceId"]
        make(lab, lab.role(), interface)
        arguments = ["host", "--interface", interface, "--device", "eni0", "--capture", "af_packet"]
        agent = lab.agent(*arguments, window=WINDOW)
        agent.wait_for(r'"state":"capturing"')
        sender = Sender("out0", target)
        for _ in range(ROUNDS):
            time.sleep(dice.uniform(0.2, 3.5))
            lab.agents.remove(agent)
            agent.end(signal.SIGKILL)
            time.sleep(dice.uniform(0.2, 1.0))
            agent = lab.agent(*arguments, window=WINDOW)
            agent.wait_for(r'"state":"capturing"')
        time.sleep(1)
        sent = sender.end()
        time.sleep(2 * WINDOW + 3)

        recorded, skipped, ledgers = read(lab, interface)
        lab.agents.remove(agent)
        assert agent.end() == 0
        lost = 0
        lost_in = set()
        for entry in ledgers:
            here = sum(entry.get("lost", {}).values())
            lost += here
            if here:
                lost_in.add(entry["start"])
        print(f"\nsent {sent}, recorded {recorded}, lost {lost} in {len(lost_in)} windows, SKIPDATA {len(skipped)}")
        print(f"told twice {recorded + lost - sent}")
        assert recorded <= sent
        assert sent <= recorded + lost <= sent + TOLD_TWICE
        assert skipped and lost_in <= skipped
        assert sum(entry["recorded"] for entry in ledgers) == recorded


# Where an epoch of the kernel's tables can be when the agent dies, and windows on their way out.
STEPS = ["swapped", "read", "journaled", "cleared", "published", "spooled", "journal-read"]


def test_in_the_kernel_a_kill_loses_nothing_and_doubles_nothing(network, tmp_path):
    dice = random.Random(11)
    with Lab(tmp_path) as lab:
        target = "172.31.16.78"
        interface = lab.interface(target)["NetworkInterfaceId"]
        make(lab, lab.role(), interface)
        arguments = ["host", "--interface", interface, "--device", "eni0", "--side", "guest", "--capture", "ebpf"]
        agent = lab.agent(*arguments, window=WINDOW)
        agent.wait_for(r'"state":"capturing"')
        sender = Sender("out0", target)
        killed = dict.fromkeys([*STEPS, "anywhere"], 0)
        for step in [*STEPS, *STEPS, *["anywhere"] * 6]:
            lab.agents.remove(agent)
            if step == "anywhere":
                time.sleep(dice.uniform(0.2, 3.5))
                agent.end(signal.SIGKILL)
                time.sleep(dice.uniform(0, 1.0))
            else:
                agent.end(signal.SIGKILL)
                crash = {"FLOWLOGD_CRASH_AT": f"{step}:{dice.randint(1, 3) if step != 'journal-read' else 1}"}
                agent = lab.agent(*arguments, window=WINDOW, environment=crash)
                lab.agents.remove(agent)
                try:
                    status = agent.process.wait(30)
                except subprocess.TimeoutExpired:
                    status = "it lives"
                    agent.end(signal.SIGKILL)
                assert status == -signal.SIGABRT, f"{crash}: {status}\n" + "\n".join(agent.lines)
            killed[step] += 1
            agent = lab.agent(*arguments, window=WINDOW)
            agent.wait_for(r'"state":"capturing"')
        sent = sender.end()
        time.sleep(2 * WINDOW + 3)
        recorded, skipped, ledgers = read(lab, interface)
        lost = sum(sum(entry.get("lost", {}).values()) for entry in ledgers)
        steps = ", ".join(f"{step} {times}" for step, times in killed.items())
        print(f"\nin the kernel: kills by step: {steps}")
        print(f"sent {sent}, recorded {recorded}, lost {lost}, SKIPDATA {len(skipped)}")
        assert (recorded, lost, skipped) == (sent, 0, set())
        assert sum(entry["recorded"] for entry in ledgers) == sent
