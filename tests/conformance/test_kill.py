"""Killing agent and server at random and at every step loses nothing and doubles nothing."""

import os
import random
import re
import signal
import struct
import time
from collections import Counter

from lab import Lab, Process, binary, eventually
from test_flow_logs import GROUP, make

RECORDS = int(os.environ.get("FLOWLOGD_KILL_RECORDS", "1000000"))
ROUNDS = 20
# How long a step may take to come about: every restart replays the capture from its beginning.
PATIENCE = 60
WINDOWS = 25
AGENT_STEPS = ["spooled", "sent", "acknowledged", "deleted", "journal-read"]
SERVER_STEPS = ["stored"]


def write_flows(path, target, count, duration=WINDOWS * 60):
    """One packet a flow, spread over so many seconds; each flow is told by its source and ports."""
    destination = bytes(int(part) for part in target.split("."))
    with open(path, "wb", buffering=1 << 20) as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101))
        for number in range(count):
            seconds = number * duration // count
            source = struct.pack("!BBBB", 10, number >> 24 & 255, number >> 16 & 255, number >> 8 & 255)
            packet = (
                b"\x45\0" + struct.pack("!H", 28) + b"\0\1\0\0\x40\x11\0\0" + source + destination
                + struct.pack("!HHHH", 1024 + (number & 255), 53, 8, 0)
            )
            file.write(struct.pack("<IIII", seconds, 0, len(packet), len(packet)) + packet)
    return path


def expected(number, interface, target):
    """A record without its times."""
    source = f"10.{number >> 24 & 255}.{number >> 16 & 255}.{number >> 8 & 255}"
    return f"2 123456789012 {interface} {source} {target} {1024 + (number & 255)} 53 17 1 28"


def count_bytes(lab):
    """Counts every record that is stored, and its bytes."""
    logs = lab.client("logs")
    logs.create_log_group(logGroupName=GROUP)
    logs.put_metric_filter(
        logGroupName=GROUP,
        filterName="bytes",
        filterPattern="[version, account, eni, source, target, srcport, destport, protocol, packets, bytes, ...]",
        metricTransformations=[{"metricName": "Bytes", "metricNamespace": "Kill", "metricValue": "$bytes"}],
    )


def test_a_replay_survives_kills_of_agent_and_server(tmp_path):
    seed = int(os.environ.get("FLOWLOGD_KILL_SEED", "20261126"))
    dice = random.Random(seed)
    hits = Counter()
    with Lab(tmp_path) as lab:
        target = "172.31.16.77"
        interface = lab.interface(target)["NetworkInterfaceId"]
        flow_log = make(lab, lab.role(), interface)
        count_bytes(lab)
        path = write_flows(tmp_path / "flows.pcap", target, RECORDS)
        credentials = lab.enroll("host")
        arguments = [
            binary(), "agent", "--endpoint", lab.endpoint, "--credentials", str(credentials),
            "--state-dir", str(tmp_path / "state"), "--interface", interface, "--replay", str(path),
        ]

        steps = [("agent", step) for step in AGENT_STEPS] + [("server", step) for step in SERVER_STEPS]
        for round_number in range(ROUNDS):
            who, step = steps[round_number % len(steps)] if round_number < 2 * len(steps) else ("any", None)
            # The journal is read once by a process, everything else many times.
            times = 1 if step == "journal-read" else dice.randint(1, 6)
            crash = {"FLOWLOGD_CRASH_AT": f"{step}:{times}"} if step else {}
            lab.server.end(signal.SIGKILL)
            lab.environment = crash if who == "server" else {}
            lab.start()
            agent = Process(arguments, crash if who == "agent" else {})
            if step:
                victim = (agent if who == "agent" else lab.server).process
                eventually(lambda: victim.poll() is not None, PATIENCE, f"the crash at {step}")
                assert victim.returncode == -signal.SIGABRT
                hits[step] += 1
            else:
                time.sleep(dice.uniform(0.5, 2.5))
                hits["random"] += 1
            agent.end(signal.SIGKILL)
        lab.server.end(signal.SIGKILL)
        lab.environment = {}
        lab.start()

        last = Process(arguments)
        # It ends when all is delivered.
        assert last.process.wait(600) == 0, "\n".join(last.lines[-20:])
        logs = lab.client("logs")
        print("\nkills by step:", dict(sorted(hits.items())))

        counts = Counter()
        altered = 0
        for event in lab.events(GROUP, f"{interface}-all", logs):
            fields = event["message"].split()
            if fields[-1] == "NODATA":
                continue
            source, port = fields[3].split("."), int(fields[5])
            number = int(source[1]) << 24 | int(source[2]) << 16 | int(source[3]) << 8 | port - 1024
            counts[number] += 1
            same = event["message"].startswith(expected(number, interface, target) + " ")
            altered += not same
        lost = RECORDS - len(counts)
        doubled = sum(count - 1 for count in counts.values())
        print(f"expected {RECORDS}, readable {len(counts)}, lost {lost}, doubled {doubled}, altered {altered}")
        assert (lost, doubled, altered) == (0, 0, 0)
        # A metric counts with the batch that it is of, neither without it nor again.
        told = re.findall(r'flowlogd_log_metric_(samples_total|sum)\{.*metric="Bytes".*\} (\S+)', lab.metrics())
        assert dict(told) == {"samples_total": str(RECORDS), "sum": str(28 * RECORDS)}
        assert lab.client("ec2").describe_flow_logs(FlowLogIds=[flow_log])["FlowLogs"]
