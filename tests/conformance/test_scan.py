"""A port scan at one guest: its neighbour does not notice, and the books of both close."""

import contextlib
import json
import socket
import subprocess
import sys
import time

from firewall import make_group
from guests import HERE, Speaker, connect_guest, named_namespace, run
from lab import Lab
from namespace import need_root, new_namespace
from scanner import SCANNERS
from test_flow_logs import GROUP, make
from test_kill_live import read

WINDOW = 2
SCANNED, NEIGHBOUR, PEER, ROUTER = "172.31.16.90", "172.31.16.91", "172.31.99.1", "172.31.99.2"
# SYNs a second.
RATE = 15_000
OPEN = range(80, 90)
FORMAT = (
    "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} ${packets} ${bytes} "
    "${start} ${end} ${action} ${x-lost-packets} ${log-status}"
)


def ip_packets(guest):
    """How many IP packets a guest has received and sent."""
    lines = run("cat", "/proc/net/snmp", namespace=guest).splitlines()
    names, values = (line.split() for line in lines if line.startswith("Ip:"))
    counts = dict(zip(names, values, strict=True))
    return int(counts["InReceives"]), int(counts["OutRequests"])


def attach(lab, tmp_path):
    """Attaches both guests to one agent. Returns their interfaces, once packets are judged."""
    ec2 = lab.client("ec2")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    role, interfaces, config = lab.role(), [], "[agent]\nenforcement_grace = 0\n"
    rules = [(SCANNED, OPEN[0], OPEN[-1], "0.0.0.0/0"), (NEIGHBOUR, 8000, 8000, f"{PEER}/32")]
    for device, (address, first, last, peers) in enumerate(rules):
        group = make_group(ec2, vpc, f"of-{address}")
        permission = {"IpProtocol": "tcp", "FromPort": first, "ToPort": last, "IpRanges": [{"CidrIp": peers}]}
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission])
        interfaces.append(lab.interface(address, groups=[group])["NetworkInterfaceId"])
        make(lab, role, interfaces[-1], LogFormat=FORMAT)
        config += f'[[agent.attachment]]\ninterface = "{interfaces[-1]}"\ndevice = "eni{device}"\nmode = "enforce"\n'
    path = tmp_path / "agent.toml"
    path.write_text(config)
    agent = lab.agent("host", "--config", str(path), window=WINDOW)
    for interface in interfaces:
        agent.wait_for(rf'"interface":"{interface}".*"state":"capturing"|"state":"capturing".*"interface":"{interface}"')
    return interfaces


def connect():
    connection = socket.create_connection((NEIGHBOUR, 8000), timeout=10, source_address=(PEER, 0))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def echo(connection):
    """How long an echo took."""
    began = time.monotonic()
    connection.sendall(b"hello")
    assert connection.recv(100) == b"hello"
    return time.monotonic() - began


def scan(guest):
    [link] = json.loads(run("ip", "-json", "link", "show", "eth0", namespace=guest))
    command = [sys.executable, str(HERE / "scanner.py"), "eni0", link["address"], SCANNED, str(RATE)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def flows(lab, interface):
    """The records of an interface: packets by direction and action, and how many were lost by its SKIPDATA."""
    packets, lost, skipped = {}, 0, 0
    for event in lab.events(GROUP, f"{interface}-all", lab.client("logs", checked=False)):
        fields = event["message"].split()
        if fields[-1] == "OK":
            to = "in" if fields[4] in (SCANNED, NEIGHBOUR) else "out"
            key = (to, fields[12])
            packets[key] = packets.get(key, 0) + int(fields[8])
        elif fields[-1] == "SKIPDATA":
            skipped += 1
            lost += int(fields[13])
    return packets, lost, skipped


def test_a_scan_of_one_guest_leaves_its_neighbour_alone(tmp_path):
    need_root("enforcing rules needs root")
    with contextlib.ExitStack() as stack:
        stack.enter_context(new_namespace())
        guests = [stack.enter_context(named_namespace(name)) for name in ("scanned", "neighbour")]
        connect_guest(guests[0], SCANNED, [ROUTER], device="eni0")
        # Answers to the scanner have a way, and end there.
        run("ip", "route", "add", SCANNERS, "via", ROUTER, "dev", "eth0", "onlink", namespace=guests[0])
        connect_guest(guests[1], NEIGHBOUR, [PEER], device="eni1")
        speaker = Speaker(guests[1], "eth0")
        stack.callback(speaker.end)
        speaker.ask(serve={"tcp": [8000], "udp": []})
        lab = stack.enter_context(Lab(tmp_path))
        scanned, neighbour = attach(lab, tmp_path)
        before = [ip_packets(guest) for guest in guests]

        connection = connect()
        calm = max(echo(connection) for _ in range(500))
        scanner = scan(guests[0])
        stalls, openings, began = [], [], time.monotonic()
        while scanner.poll() is None:
            stalls.append(echo(connection))
            if len(stalls) % 50 == 0:
                opened = time.monotonic()
                with connect() as another:
                    echo(another)
                openings.append(time.monotonic() - opened)
            time.sleep(0.001)
        took = time.monotonic() - began
        sent = int(scanner.stdout.read())
        scanner.stdout.close()
        connection.close()
        time.sleep(2 * WINDOW + 3)

        # Everything is delivered, and the ledgers of both balance.
        read(lab, neighbour, 90)
        (arrived, answered), (received, replied) = (
            [now - then for now, then in zip(ip_packets(guest), counts, strict=True)]
            for guest, counts in zip(guests, before, strict=True)
        )
        packets, lost, _ = flows(lab, scanned)
        refused = packets[("in", "REJECT")]
        print(f"\nscan: {sent} SYNs in {took:.1f} s, {refused} refused, {lost} lost, {arrived} arrived")
        print(
            f"its neighbour: {len(stalls)} echoes, the slowest {max(stalls):.3f} s ({calm:.3f} s without a scan), "
            f"{len(openings)} new connections, the slowest {max(openings):.3f} s"
        )
        assert arrived == len(OPEN)
        assert packets.get(("in", "ACCEPT"), 0) + refused + packets.get(("out", "ACCEPT"), 0) + lost == sent + answered
        assert refused <= sent - arrived <= refused + lost

        packets, lost, skipped = flows(lab, neighbour)
        print(f"its records: {packets}, received {received}, sent {replied}")
        assert (packets, lost, skipped) == ({("in", "ACCEPT"): received, ("out", "ACCEPT"): replied}, 0, 0)
        assert max(stalls) < 1 and max(openings) < 1
