"""A port scan at one guest, and a flood of half-open connections: its neighbours do not notice, and all books close."""

import contextlib
import ipaddress
import json
import socket
import subprocess
import sys
import time

import pytest

from firewall import make_group
from guests import HERE, Speaker, connect_guest, named_namespace, run
from lab import Lab
from namespace import need_root, new_namespace
from scanner import SCANNERS
from test_flow_logs import GROUP, make
from test_kill_live import read

WINDOW = 2
SCANNED, NEIGHBOURS = "172.31.16.90", ["172.31.16.91", "172.31.16.92", "172.31.16.93"]
PEER, ROUTER = "172.31.99.1", "172.31.99.2"
# SYNs a second.
RATE = 15_000
OPEN = range(80, 90)
# Connections that the scanned guest may have in the flood, and the ports that anybody may open them to.
ALLOWANCE, FLOODED = 1000, range(1024, 65536)
# Seconds that a neighbour's answer or new connection may take at most.
STALL = 1
FORMAT = (
    "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} ${packets} ${bytes} "
    "${start} ${end} ${action} ${x-lost-packets} ${x-deciding-rule} ${log-status}"
)


def ip_packets(guest):
    """How many IP packets a guest has received and sent."""
    lines = run("cat", "/proc/net/snmp", namespace=guest).splitlines()
    names, values = (line.split() for line in lines if line.startswith("Ip:"))
    counts = dict(zip(names, values, strict=True))
    return int(counts["InReceives"]), int(counts["OutRequests"])


class Street:
    """A guest to be scanned and its neighbours, each behind a device at which one agent enforces the rules."""

    def __init__(self, stack, directory):
        self.addresses = [SCANNED, *NEIGHBOURS]
        stack.enter_context(new_namespace())
        self.guests = [stack.enter_context(named_namespace(f"guest-{number}")) for number in range(len(self.addresses))]
        for number, (guest, address) in enumerate(zip(self.guests, self.addresses, strict=True)):
            connect_guest(guest, address, [PEER if number else ROUTER], device=f"eni{number}")
            speaker = Speaker(guest, "eth0")
            stack.callback(speaker.end)
            speaker.ask(serve={"tcp": [8000], "udp": []})
        # Answers to the scanner have a way, and end there.
        run("ip", "route", "add", SCANNERS, "via", ROUTER, "dev", "eth0", "onlink", namespace=self.guests[0])
        self.lab, self.path = stack.enter_context(Lab(directory)), directory / "agent.toml"

    def attach(self, ports, *more):
        """Attaches all guests; everybody may connect to these ports of the scanned one. Begins to count packets."""
        ec2 = self.lab.client("ec2")
        vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
        role, config = self.lab.role(), ["[agent]", "enforcement_grace = 0"]
        self.interfaces, self.groups = [], []
        for number, address in enumerate(self.addresses):
            group = make_group(ec2, vpc, f"of-{address}")
            first, last, peers = (8000, 8000, f"{PEER}/32") if number else (ports[0], ports[-1], "0.0.0.0/0")
            permission = {"IpProtocol": "tcp", "FromPort": first, "ToPort": last, "IpRanges": [{"CidrIp": peers}]}
            ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission])
            interface = self.lab.interface(address, groups=[group])["NetworkInterfaceId"]
            make(self.lab, role, interface, LogFormat=FORMAT)
            config += ["[[agent.attachment]]", f'interface = "{interface}"', f'device = "eni{number}"', 'mode = "enforce"']
            config += [] if number else more
            self.interfaces.append(interface)
            self.groups.append(group)
        self.path.write_text("\n".join(config))
        agent = self.lab.agent("host", "--config", str(self.path), window=WINDOW)
        for interface in self.interfaces:
            agent.wait_for(rf'"interface":"{interface}".*"state":"capturing"|"state":"capturing".*"interface":"{interface}"')
        self.before = [ip_packets(guest) for guest in self.guests]

    def scan(self):
        [link] = json.loads(run("ip", "-json", "link", "show", "eth0", namespace=self.guests[0]))
        command = [sys.executable, str(HERE / "scanner.py"), "eni0", link["address"], SCANNED, str(RATE)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def scan_and_watch(self, *others):
        """Scans, while connections to all neighbours are used and others opened. Returns how many SYNs were sent.

        All that waits for a neighbour waits no longer than it may, and so does what uses `others`."""
        connections = [*others, *(connect(address) for address in NEIGHBOURS)]
        calm = max(echo(connection) for _ in range(200) for connection in connections)
        scanner, echoes, openings, began = self.scan(), [], [], time.monotonic()
        while scanner.poll() is None:
            echoes += [echo(connection) for connection in connections]
            if len(echoes) % 25 < len(connections):
                opened = time.monotonic()
                with connect(NEIGHBOURS[len(openings) % len(NEIGHBOURS)]) as another:
                    echo(another)
                openings.append(time.monotonic() - opened)
            time.sleep(0.001)
        took = time.monotonic() - began
        with scanner.stdout as told:
            sent = int(told.read())
        for connection in connections:
            connection.close()
        print(
            f"\n{sent} SYNs in {took:.1f} s; meanwhile {len(echoes)} echoes, the slowest {max(echoes):.3f} s ({calm:.3f} s before), "
            f"and {len(openings)} new connections, the slowest {max(openings):.3f} s"
        )
        assert max(echoes) < STALL and max(openings) < STALL
        return sent

    def wait_for_records(self):
        """Waits until everything is delivered; all ledgers balance. Returns the packets that each guest got and sent."""
        time.sleep(2 * WINDOW + 3)
        read(self.lab, self.interfaces[0], 90)
        after = [ip_packets(guest) for guest in self.guests]
        return [tuple(now - then for now, then in zip(*both, strict=True)) for both in zip(after, self.before, strict=True)]

    def flows(self, number):
        """The records of a guest as `(source, "in" or "out", action, rule, packets)`, and how many packets were lost by its
        SKIPDATA, each with their number."""
        flows, lost = [], []
        for event in self.lab.events(GROUP, f"{self.interfaces[number]}-all", self.lab.client("logs", checked=False)):
            fields = event["message"].split()
            if fields[-1] == "OK":
                to = "in" if fields[4] == self.addresses[number] else "out"
                flows.append((fields[3], to, fields[12], fields[14], int(fields[8])))
            elif fields[-1] == "SKIPDATA":
                lost.append(int(fields[13]))
        return flows, lost

    def check_neighbours(self, counts):
        """Each packet of a neighbour is in its records, and none is told of as lost."""
        for number in range(1, len(self.addresses)):
            flows, lost = self.flows(number)
            packets = (total(flows, "in", "ACCEPT"), total(flows, "out", "ACCEPT"))
            print(f"{self.addresses[number]}: received and sent {counts[number]}, recorded {packets}")
            assert (packets, lost) == (counts[number], [])
            assert total(flows) == sum(packets)


def total(flows, to=None, action=None, rule=None, source=lambda _: True):
    """How many packets flows have that go this way, and so on."""
    return sum(
        packets
        for srcaddr, way, verdict, reason, packets in flows
        if to in (None, way) and action in (None, verdict) and rule in (None, reason) and source(srcaddr)
    )


def connect(address):
    connection = socket.create_connection((address, 8000), timeout=10, source_address=(PEER, 0))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def echo(connection):
    """How long an echo took."""
    began = time.monotonic()
    connection.sendall(b"hello")
    assert connection.recv(100) == b"hello"
    return time.monotonic() - began


def is_scanner(address):
    return ipaddress.ip_address(address) in ipaddress.ip_network(SCANNERS)


@pytest.fixture
def street(tmp_path):
    need_root("enforcing rules needs root")
    with contextlib.ExitStack() as stack:
        yield Street(stack, tmp_path)


def test_a_scan_of_one_guest_leaves_its_neighbours_alone(street):
    street.attach(OPEN)
    sent = street.scan_and_watch()
    counts = street.wait_for_records()
    (arrived, answered), (flows, lost) = counts[0], street.flows(0)
    refused = total(flows, "in", "REJECT")
    print(f"refused {refused}, lost {sum(lost)}, arrived {arrived}")
    assert arrived == len(OPEN)
    assert total(flows) + sum(lost) == sent + answered
    assert refused <= sent - arrived <= refused + sum(lost)
    street.check_neighbours(counts)


def test_half_open_connections_use_up_one_guests_allowance_and_nothing_of_its_neighbours(street):
    street.attach(FLOODED, f"conntrack_allowance = {ALLOWANCE}")
    # Nobody hears of its answers: what was opened stays half open, for a minute.
    run("ip", "route", "replace", "blackhole", SCANNERS, namespace=street.guests[0])
    own = connect(SCANNED)
    sent = street.scan_and_watch(own)
    # What the guest has open goes on, though nothing more may be opened.
    with pytest.raises(TimeoutError):
        socket.create_connection((SCANNED, 8000), timeout=0.8, source_address=(PEER, 0))
    counts = street.wait_for_records()
    flows, lost = street.flows(0)
    opened = total(flows, "in", "ACCEPT", source=is_scanner)
    reasons = ("conntrack-allowance", f"implicit-deny:{street.groups[0]}")
    too_many, not_allowed = (total(flows, "in", "REJECT", reason, is_scanner) for reason in reasons)
    print(f"opened {opened}, refused {too_many} for want of allowance and {not_allowed} by the rules, lost {sum(lost)}")
    # One is the guest's own.
    assert opened == ALLOWANCE - 1
    assert (too_many, not_allowed) == (len(FLOODED) - opened, sent - len(FLOODED))
    assert total(flows, "in", "REJECT", reasons[0], lambda source: source == PEER) == 1
    # Each packet that arrived or left is recorded, and nothing else.
    passed = (total(flows, "in", "ACCEPT"), total(flows, "out", "ACCEPT"))
    assert (passed, lost) == (counts[0], [])
    street.check_neighbours(counts)
