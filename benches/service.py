#!/usr/bin/env python3
"""Measures the service from packets to `GetLogEvents`, with real clients and a server of its own.

Settings are environment variables, so `make bench-service NAME=value` sets them:

  SERIES     which measurements, of start replay put requests network lag; default all but lag, which takes LAG_SECONDS
  RECORDS    records of `replay`, one packet each; default 1000000
  BATCHES    batches of `put`; default 200
  INTERFACES network interfaces of `network`; default 10000
  LAG_SECONDS, LAG_RATE   how long and how many records a second in `lag`; default 300 and 10000
  FLOWLOGD   the program to measure; the default builds this checkout for release

CPU seconds are those of user and system, as the kernel tells for each process. The report goes to the standard
output.
"""

import itertools
import json
import os
import resource
import selectors
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlencode, urlsplit

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/conformance"))

from botocore.auth import SigV4Auth  # noqa: E402
from botocore.awsrequest import AWSRequest  # noqa: E402
from botocore.credentials import Credentials  # noqa: E402

from lab import REGION, Lab, Process, binary  # noqa: E402
from test_flow_logs import GROUP, make  # noqa: E402
from test_kill import write_flows  # noqa: E402

TICKS = os.sysconf("SC_CLK_TCK")
ADDRESS = "172.31.16.77"
WINDOW = 5
RECORD = "2 123456789012 eni-0123456789abcdef0 10.{}.{}.{} 172.31.16.77 {} 443 6 12 3456 1795651200 1795651259 ACCEPT OK"


def main():
    if len(sys.argv) > 1:
        print(__doc__)
        return 0 if sys.argv[1] in ("-h", "--help") else 2
    every = {"start": start, "replay": replay, "put": put, "requests": requests, "network": network, "lag": lag}
    asked = os.environ.get("SERIES", "start replay put requests network").split()
    if unknown := set(asked) - set(every):
        print(f"no series is called {' '.join(sorted(unknown))}; there are {' '.join(every)}", file=sys.stderr)
        return 2
    if "FLOWLOGD" not in os.environ:
        subprocess.run(["cargo", "build", "--release", "--locked", "--quiet"], cwd=ROOT, check=True)
        target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
        os.environ["FLOWLOGD"] = str(target / "release" / "flowlogd")
    for name in asked:
        with tempfile.TemporaryDirectory(prefix="flowlogd-bench-") as directory:
            every[name](Path(directory))
    print(f"load of the machine at the end: {os.getloadavg()[0]:.2f}")
    return 0


def start(directory):
    """How soon the first answer comes, and what an idle server needs."""
    for what in ("first start", "second start"):
        began = time.perf_counter()
        with Lab(directory) as lab:
            with socket.create_connection(("127.0.0.1", lab.port)) as connection:
                connection.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
                assert b" 200 " in connection.recv(4096)
            took = time.perf_counter() - began
            time.sleep(1)
            print(f"{what}: {took * 1000:.0f} ms to the first answer, {memory(lab.server.process, 'VmRSS'):.1f} MB idle")


def replay(directory):
    """A capture of as many flows as packets: from the file to the last page of GetLogEvents."""
    count = int(os.environ.get("RECORDS", "1000000"))
    path = write_flows(directory / "flows.pcap", ADDRESS, count)
    with Lab(directory) as lab:
        interface = lab.interface(ADDRESS)["NetworkInterfaceId"]
        make(lab, lab.role(), interface)
        before, children = cpu(lab.server.process), resource.getrusage(resource.RUSAGE_CHILDREN)
        began = time.perf_counter()
        agent = Process(
            [
                binary(), "agent", "--endpoint", lab.endpoint, "--credentials", str(lab.enroll("host")),
                "--state-dir", str(directory / "state"), "--interface", interface, "--replay", str(path),
            ]
        )
        agent.wait_for(r'"state":"finished"', 600)
        counted = time.perf_counter()
        # It ends when all is delivered.
        peak = 0
        while agent.process.poll() is None:
            # Not by the resources of all children: a build before this would be one of them.
            peak = max(peak, memory(agent.process, "VmHWM"))
            time.sleep(0.02)
        assert agent.process.returncode == 0, agent.lines[-5:]
        delivered = time.perf_counter()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        stored = cpu(lab.server.process)
        readable, spent = 0, time.process_time()
        for messages in pages(lab, GROUP, f"{interface}-all"):
            readable += sum(not message.endswith("NODATA") for message in messages)
        done = time.perf_counter()
        ledgers = [entry for text in lines(lab, "/flowlogd/agents") for entry in json.loads(text)["ledger"]]
        seen, recorded = (sum(entry[name] for entry in ledgers) for name in ("seen", "recorded"))
        lost = sum(sum(entry.get("lost", {}).values()) for entry in ledgers)
        agent_cpu = after.ru_utime + after.ru_stime - children.ru_utime - children.ru_stime
        print(f"replay of {count} records:")
        print(f"  counted and spooled after {counted - began:.2f} s, delivered {delivered - began:.2f} s, read {done - began:.2f} s")
        print(f"  {count / (delivered - began):.0f} records/s to the store, {count / (done - began):.0f} records/s to GetLogEvents")
        print(f"  ledger: seen {seen}, recorded {recorded}, lost {lost}; readable {readable}, expected {count}")
        print(
            f"  CPU a record: agent {agent_cpu / count * 1e6:.2f} µs, storing {(stored - before) / count * 1e6:.2f} µs,"
            f" reading {(cpu(lab.server.process) - stored) / count * 1e6:.2f} µs"
            f" (the client that read: {(time.process_time() - spent) / count * 1e6:.2f} µs)"
        )
        print(f"  memory at most: server {memory(lab.server.process, 'VmHWM'):.0f} MB, agent {peak:.0f} MB")
        files = [file for file in (lab.data / "logs").rglob("*") if file.is_file() and file.name != "ballast"]
        print(f"  on disk: {sum(file.stat().st_size for file in files) / count:.1f} bytes a record so far, with its decision")


def put(directory):
    """Server CPU for each event of PutLogEvents, in full batches, and over many streams.

    The requests are signed beforehand and sent over 16 connections, each as soon as the one before was answered: as
    many interfaces send when their window ends."""
    batches = int(os.environ.get("BATCHES", "200"))
    with Lab(directory) as lab:
        logs = lab.client("logs", checked=False)
        logs.create_log_group(logGroupName="bench")
        series = ((f"{batches} full batches", 1, batches, 10_000), ("500 streams of 100 events", 500, 500, 100))
        for name, streams, count, most in series:
            for stream in range(streams):
                logs.create_log_stream(logGroupName="bench", logStreamName=f"{name}-{stream}")
            filled = [batch(number, most) for number in range(count)]
            requests = [
                signed(lab, "logs", json.dumps({"logGroupName": "bench", "logStreamName": f"{name}-{number % streams}",
                                                "logEvents": events}).encode(),
                       {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "Logs_20140328.PutLogEvents"})
                for number, events in enumerate(filled)
            ]
            events = sum(map(len, filled))
            before, began = rest(lab.server.process), time.perf_counter()
            exchange(lab, requests, 16)
            spent, took = cpu(lab.server.process) - before, time.perf_counter() - began
            # What is moved into segments meanwhile is in it; of the rest a part comes after it.
            settled = rest(lab.server.process)
            print(f"PutLogEvents, {name}, {events} events: {spent / events * 1e6:.2f} µs of server CPU an event, {events / took:.0f} events/s;")
            print(f"  {(settled - before) / events * 1e6:.2f} µs with all that was moved and merged until the server was at rest")


def batch(number, most):
    """Events of a batch: as many as are allowed, at most so many."""
    now, events, used = int(time.time() * 1000), [], 0
    while len(events) < most:
        place = number * 10_000 + len(events)
        text = RECORD.format(place >> 16 & 255, place >> 8 & 255, place & 255, 1024 + place % 60000)
        used += len(text) + 26
        if used > 1_048_576:
            break
        events.append({"timestamp": now, "message": text})
    return events


def requests(directory):
    """Small signed requests over connections that stay open."""
    count = 20_000
    with Lab(directory) as lab:
        body = b"Action=GetCallerIdentity&Version=2011-06-15"
        whole = signed(lab, "sts", body, {"Content-Type": "application/x-www-form-urlencoded"})
        before, began = cpu(lab.server.process), time.perf_counter()
        exchange(lab, [whole] * count, 16)
        took, spent = time.perf_counter() - began, cpu(lab.server.process) - before
        print(f"signed GetCallerIdentity: {count / took:.0f} requests/s over 16 connections from one thread, {spent / count * 1e6:.0f} µs of server CPU each")


def network(directory):
    """Interfaces: making them, finding them among many, and starting with them."""
    count = int(os.environ.get("INTERFACES", "10000"))
    with Lab(directory, "[server.quotas]\nnetwork_interfaces_per_region = 100000\n") as lab:
        ec2 = lab.client("ec2", checked=False)
        subnets = [subnet["SubnetId"] for subnet in ec2.describe_subnets()["Subnets"]]
        group = ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]
        requests = [form(lab, "CreateNetworkInterface", SubnetId=subnets[number % len(subnets)], Description=f"bench {number}")
                    for number in range(count)]
        for what, part in (("the first 1000", requests[:1000]), (f"to {count - 1000}", requests[1000:-1000]), ("the last 1000", requests[-1000:])):
            before, began = cpu(lab.server.process), time.perf_counter()
            exchange(lab, part, 16)
            took, spent = time.perf_counter() - began, cpu(lab.server.process) - before
            print(f"CreateNetworkInterface, {what}: {len(part) / took:.0f} a second over 16 connections, {spent / len(part) * 1e6:.0f} µs of server CPU each")
        wanted = ec2.describe_network_interfaces(Filters=[{"Name": "description", "Values": [f"bench {count // 2}"]}])["NetworkInterfaces"][0]
        found = {
            "by id": {"NetworkInterfaceIds": [wanted["NetworkInterfaceId"]]},
            "by private-ip-address": {"Filters": [{"Name": "private-ip-address", "Values": [wanted["PrivateIpAddress"]]}]},
            "by a tag that nothing has": {"Filters": [{"Name": "tag:Name", "Values": ["x"]}]},
            "by group-id, a page of 1000": {"Filters": [{"Name": "group-id", "Values": [group]}], "MaxResults": 1000},
            "all in one answer": {},
        }
        for what, parameters in found.items():
            times, before, rounds = [], cpu(lab.server.process), 3 if not parameters else 10
            for _ in range(rounds):
                began = time.perf_counter()
                number = len(ec2.describe_network_interfaces(**parameters)["NetworkInterfaces"])
                times.append(time.perf_counter() - began)
            spent = (cpu(lab.server.process) - before) / rounds
            print(f"DescribeNetworkInterfaces, {what}: {number} of {count} in {sorted(times)[rounds // 2] * 1000:.0f} ms by boto3, {spent * 1000:.0f} ms of server CPU")
        print(f"memory: {memory(lab.server.process, 'VmRSS'):.0f} MB, at most {memory(lab.server.process, 'VmHWM'):.0f} MB")
    began = time.perf_counter()
    with Lab(directory) as lab:
        ready = time.perf_counter() - began
        lab.client("ec2", checked=False).describe_network_interfaces(NetworkInterfaceIds=[wanted["NetworkInterfaceId"]])
        print(f"start with {count} interfaces: {ready * 1000:.0f} ms until it listens, {memory(lab.server.process, 'VmRSS'):.0f} MB")


def form(lab, action, **parameters):
    """A signed request of EC2."""
    body = urlencode({"Action": action, "Version": "2016-11-15", **parameters}).encode()
    return signed(lab, "ec2", body, {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"})


def signed(lab, service, body, headers):
    """A request as it goes over the wire."""
    request = AWSRequest("POST", lab.endpoint + "/", data=body, headers=headers)
    SigV4Auth(Credentials(*lab.root), service, REGION).add_auth(request)
    headers = dict(request.headers) | {"Host": urlsplit(lab.endpoint).netloc, "Content-Length": str(len(body))}
    head = "POST / HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items()) + "\r\n"
    return head.encode() + body


def exchange(lab, messages, lanes):
    """Sends requests over so many connections, and checks each answer."""
    waiting, answers = iter(messages), 0
    with selectors.DefaultSelector() as selector:
        for message in itertools.islice(waiting, lanes):
            connection = socket.create_connection(("127.0.0.1", lab.port))
            selector.register(connection, selectors.EVENT_READ)
            connection.sendall(message)
        while selector.get_map():
            for key, _ in selector.select():
                answer = key.fileobj.recv(65536)
                assert answer.startswith(b"HTTP/1.1 200"), answer
                answers += 1
                if (message := next(waiting, None)) is not None:
                    key.fileobj.sendall(message)
                else:
                    selector.unregister(key.fileobj)
                    key.fileobj.close()
    assert answers == len(messages), answers


def lag(directory):
    """How long after the end of its window a record is stored, at an even rate."""
    seconds, rate = int(os.environ.get("LAG_SECONDS", "300")), int(os.environ.get("LAG_RATE", "10000"))
    path = write_flows(directory / "flows.pcap", ADDRESS, seconds * rate, seconds)
    with Lab(directory) as lab:
        interface = lab.interface(ADDRESS)["NetworkInterfaceId"]
        make(lab, lab.role(), interface)
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        before = cpu(lab.server.process)
        agent = lab.agent("host", "--interface", interface, "--replay", str(path), "--pace", "real", window=WINDOW)
        assert agent.process.wait(600) == 0, agent.lines[-5:]
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent = cpu(lab.server.process) - before
        lags = {}
        for event in lab.events(GROUP, f"{interface}-all", lab.client("logs", checked=False)):
            last = int(event["message"].split()[11])
            window = last // WINDOW * WINDOW + WINDOW
            lags[window] = max(lags.get(window, 0), event["ingestionTime"] / 1000 - window)
        worst = sorted(lags.values())
        # The last windows are closed because the file ends, not because their time is over.
        print(f"{rate} records/s for {seconds} s in windows of {WINDOW} s: the last record of a window is readable "
              f"{worst[len(worst) // 2]:.2f} s after its end (median), {worst[-1]:.2f} s at most")
        agent_cpu = after.ru_utime + after.ru_stime - children.ru_utime - children.ru_stime
        print(f"  of one CPU: agent {agent_cpu / seconds:.1%}, server {spent / seconds:.1%}")


def pages(lab, group, stream):
    """The messages of a stream, page by page, each as large as they come."""
    logs, token = lab.client("logs", checked=False), None
    while True:
        more = {"nextToken": token} if token else {}
        page = logs.get_log_events(logGroupName=group, logStreamName=stream, startFromHead=True, **more)
        yield [event["message"] for event in page["events"]]
        if page["nextForwardToken"] == token:
            return
        token = page["nextForwardToken"]


def lines(lab, group):
    streams = lab.client("logs", checked=False).describe_log_streams(logGroupName=group)["logStreams"]
    for stream in streams:
        for messages in pages(lab, group, stream["logStreamName"]):
            yield from messages


def rest(process):
    """CPU seconds of a process once it has had nothing to do for two seconds."""
    used = cpu(process)
    while True:
        time.sleep(2)
        if (now := cpu(process)) - used < 0.05:
            return now
        used = now


def cpu(process):
    """CPU seconds of a process so far."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory(process, what):
    """Megabytes."""
    for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith(what + ":"):
            return int(line.split()[1]) / 1024
    # One that has just ended has none.
    return 0


if __name__ == "__main__":
    sys.exit(main())
