"""Rules that are enforced: what they refuse does not arrive, and its record tells why; a real host behind a real cable."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import time

import pytest

from lab import Lab, binary, eventually
from namespace import need_root, new_namespace
from test_flow_logs import GROUP, make
from test_kernel import attachment

WINDOW = 2
GUEST = "172.31.16.90"
PEER = "172.31.99.1"
FORMAT = "${srcaddr} ${dstaddr} ${dstport} ${packets} ${action} ${x-deciding-rule} ${x-mode} ${log-status}"
# Longer than an answer takes here, shorter than a second try of TCP.
PATIENCE = 0.8

# Answers whatever comes at two ports, line by line.
ECHO = """
import socketserver
import threading

class Echo(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            self.wfile.write(line)

class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

servers = [Server(("", port), Echo) for port in (8000, 8001)]
print("ready", flush=True)
for server in servers[1:]:
    threading.Thread(target=server.serve_forever, daemon=True).start()
servers[0].serve_forever()
"""


@pytest.fixture
def host():
    """A guest in a namespace of its own that answers at two ports, at the other end of the cable `eni0`."""
    need_root("enforcing rules needs root")
    with new_namespace():
        name = f"flowlogd-guest-{os.getpid()}"
        run("ip", "netns", "add", name)
        server = None
        try:
            run("ip", "link", "add", "eni0", "type", "veth", "peer", "name", "eth0", "netns", name)
            run("ip", "address", "add", f"{PEER}/16", "dev", "eni0")
            run("ip", "link", "set", "eni0", "up")
            inside = ("ip", "netns", "exec", name)
            for command in (f"ip address add {GUEST}/16 dev eth0", "ip link set eth0 up", "ip link set lo up"):
                run(*inside, *command.split())
            server = subprocess.Popen([*inside, "python3", "-c", ECHO], stdout=subprocess.PIPE, text=True)
            assert server.stdout.readline() == "ready\n"
            yield
        finally:
            if server:
                server.terminate()
                server.wait()
                server.stdout.close()
            run("ip", "netns", "delete", name)


def run(*command):
    subprocess.run(command, check=True)


def connect(port):
    return socket.create_connection((GUEST, port), timeout=PATIENCE)


def answers(port):
    """Whether a new connection to a port of the guest comes about."""
    try:
        connect(port).close()
    except TimeoutError:
        return False
    return True


def echoes(connection):
    """Whether a connection still carries what is sent."""
    connection.sendall(b"hello\n")
    with contextlib.suppress(TimeoutError):
        return connection.recv(100) == b"hello\n"
    return False


def rule(port):
    return [{"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": "172.31.0.0/16"}]}]


def make_group(lab, port=8000):
    """A security group that lets the peer in at a port, and only it out."""
    ec2 = lab.client("ec2")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    group = ec2.create_security_group(GroupName="web", Description="web", VpcId=vpc)["GroupId"]
    everything = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    ec2.revoke_security_group_egress(GroupId=group, IpPermissions=everything)
    if port:
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=rule(port))
    return group


def attach(lab, interface, *more, mode="enforce"):
    agent = lab.agent(
        "host", "--interface", interface, "--device", "eni0", "--side", "host", "--mode", mode, *more, window=WINDOW
    )
    return agent


def within(seconds, look):
    """How long it took until something was so; it has to be within so many seconds."""
    began = time.monotonic()
    while not look():
        assert time.monotonic() - began < seconds + PATIENCE, "it took too long"
    return time.monotonic() - began


def test_what_rules_refuse_does_not_arrive_and_its_record_tells_why(host, tmp_path):
    with Lab(tmp_path) as lab:
        ec2 = lab.client("ec2")
        group = make_group(lab)
        interface = lab.interface(GUEST, groups=[group])["NetworkInterfaceId"]
        make(lab, lab.role(), interface, LogFormat=FORMAT)
        attach(lab, interface).wait_for(r'"state":"capturing"')
        assert eventually(lambda: attachment(lab))["mode"] == "enforce"

        first = connect(8000)
        assert echoes(first) and not answers(8001)

        # A change takes effect within two seconds.
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=rule(8001))
        took = within(2, lambda: answers(8001))
        ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=rule(8000))
        took_back = within(2, lambda: not answers(8000))
        print(f"\na new rule allowed after {took:.2f} s, without it refused after {took_back:.2f} s")
        # A tracked connection outlives its rule, and is cut by the network ACL.
        assert echoes(first)
        acl = ec2.describe_network_acls(Filters=[{"Name": "default", "Values": ["true"]}])["NetworkAcls"][0]["NetworkAclId"]
        deny = {"NetworkAclId": acl, "RuleNumber": 50, "Protocol": "6", "RuleAction": "deny", "CidrBlock": f"{PEER}/32",
                "PortRange": {"From": 8000, "To": 8000}}
        ec2.create_network_acl_entry(Egress=False, **deny)
        within(2, lambda: not echoes(first))

        def records():
            events = [event["message"].split() for event in lab.events(GROUP, f"{interface}-all")]
            return {(fields[2], fields[4], fields[5]): fields for fields in events if fields[-1] == "OK"}

        refused = ("8001", "REJECT", f"implicit-deny:{group}")
        cut = ("8000", "REJECT", f"{acl}:ingress:50")
        found = eventually(lambda: (seen := records()).keys() >= {refused, cut} and seen, 30)
        assert {fields[6] for fields in found.values()} == {"enforce"}
        told = eventually(lambda: (seen := attachment(lab)) and seen["kernel"]["dropped"] and seen, 30)
        assert told["kernel"]["dropped"] == told["traffic"]["rejected"]
        assert re.search(r"packets dropped by the rules [1-9]", lab.flowlogd("status").stdout)
        first.close()


def test_nothing_passes_for_being_called_a_service_and_fragments_follow_their_first(host, tmp_path):
    with Lab(tmp_path) as lab:
        ec2 = lab.client("ec2")
        group = make_group(lab)
        icmp = [{"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1, "IpRanges": [{"CidrIp": "172.31.0.0/16"}]}]
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=icmp)
        interface = lab.interface(GUEST, groups=[group])["NetworkInterfaceId"]
        # Answers to the peer's other names have a way, too.
        names = ["169.254.169.254", "169.254.170.23"]
        for name in names:
            run("ip", "address", "add", f"{name}/32", "dev", "eni0")
            run("ip", "netns", "exec", f"flowlogd-guest-{os.getpid()}", "ip", "route", "add", name, "dev", "eth0")

        def reaches(name, port):
            with socket.socket() as connection:
                connection.settimeout(PATIENCE)
                connection.bind((name, 0))
                try:
                    connection.connect((GUEST, port))
                except TimeoutError:
                    return False
                return True

        assert all(reaches(name, 8000) for name in names)
        attach(lab, interface).wait_for(r'"state":"capturing"')
        assert answers(8000) and not any(reaches(name, port) for name in names for port in (8000, 8001))
        # No rule lets the answer out: all its pieces belong to the question.
        run("ping", "-q", "-c", "3", "-i", "0.2", "-W", "2", "-s", "4000", GUEST)


def test_connections_that_are_open_when_enforcement_begins_are_not_cut(host, tmp_path):
    config = tmp_path / "agent.toml"
    config.write_text("[agent]\nenforcement_grace = 4\n")
    with Lab(tmp_path) as lab:
        group = make_group(lab, port=None)
        interface = lab.interface(GUEST, groups=[group])["NetworkInterfaceId"]
        make(lab, lab.role(), interface, LogFormat=FORMAT)
        used, unused = connect(8000), connect(8001)
        assert echoes(used) and echoes(unused)
        agent = attach(lab, interface, "--config", str(config))
        agent.wait_for(r'"state":"capturing"')
        began = time.monotonic()
        assert echoes(used) and not answers(8000)
        # Another start is no other beginning, whatever ended the first.
        lab.agents.remove(agent)
        agent.end(signal.SIGKILL)
        assert echoes(used) and not answers(8000)
        agent = attach(lab, interface, "--config", str(config))
        agent.wait_for(r'"state":"capturing"')
        time.sleep(max(0, 6 - (time.monotonic() - began)))
        # What was seen goes on; of what was silent until the grace ended nobody knows.
        assert echoes(used) and not echoes(unused)

        # Observing again, nothing is dropped any more.
        lab.agents.remove(agent)
        assert agent.end() == 0
        attach(lab, interface, mode="observe").wait_for(r'"state":"capturing"')
        eventually(lambda: answers(8000))

        def grounds():
            events = [event["message"].split() for event in lab.events(GROUP, f"{interface}-all")]
            return {fields[5] for fields in events if fields[-1] == "OK" and fields[4] == "ACCEPT"}

        eventually(lambda: grounds() == {"enforcement-grace", "tracked:enforcement-grace"}, 30)
        for connection in (used, unused):
            connection.close()


def test_without_rules_packets_pass_or_are_dropped_as_is_said(host, tmp_path):
    def config(without_rules):
        path = tmp_path / f"{without_rules}.toml"
        path.write_text(
            "[[agent.attachment]]\n"
            'interface = "eni-0123456789abcdef0"\ndevice = "eni0"\nmode = "enforce"\n'
            f'without_rules = "{without_rules}"\n'
        )
        return path

    with Lab(tmp_path) as lab:
        agent = lab.agent("host", "--config", str(config("pass")), window=WINDOW)
        agent.wait_for(r'"state":"waiting"')
        assert answers(8000)
        lab.agents.remove(agent)
        agent.end()

        agent = lab.agent("host", "--config", str(config("drop")), window=WINDOW)
        agent.wait_for(r'"state":"closed"')
        assert not answers(8000)
        # Neighbours are found all the same.
        subprocess.run(["ip", "neigh", "flush", "dev", "eni0"], check=True)
        assert not answers(8000)
        neighbours = json.loads(subprocess.run(["ip", "-json", "neigh", "show", "dev", "eni0"], check=True, capture_output=True).stdout)
        assert [neighbour["dst"] for neighbour in neighbours if "lladdr" in neighbour] == [GUEST]
        # As long as the program is there, whoever has put it there.
        lab.agents.remove(agent)
        agent.end(signal.SIGKILL)
        assert not answers(8000)
        done = subprocess.run([binary(), "detach", "--state-dir", str(tmp_path / "host.state")], check=True, capture_output=True)
        assert done.stdout == b"2 programs taken off\n" and answers(8000)


def test_when_the_rules_are_gone_what_was_accepted_is_dropped_too(host, tmp_path):
    with Lab(tmp_path) as lab:
        interface = lab.interface(GUEST, groups=[make_group(lab)])["NetworkInterfaceId"]
        config = tmp_path / "agent.toml"
        config.write_text(
            f'[[agent.attachment]]\ninterface = "{interface}"\ndevice = "eni0"\nmode = "enforce"\nwithout_rules = "drop"\n'
        )
        agent = lab.agent("host", "--config", str(config), window=WINDOW)
        agent.wait_for(r'"state":"capturing"')
        connection = connect(8000)
        assert echoes(connection)
        lab.client("ec2").delete_network_interface(NetworkInterfaceId=interface)
        agent.wait_for(r'"state":"closed"')
        # What was accepted a moment ago may stand for its second.
        time.sleep(1)
        assert not echoes(connection)
        connection.close()


@pytest.mark.parametrize("how", ["af_packet", "auto"])
def test_nobody_enforces_by_packet_sockets(host, tmp_path, how):
    with Lab(tmp_path) as lab:
        interface = lab.interface(GUEST)["NetworkInterfaceId"]
        prefix = [] if how == "af_packet" else ["setpriv", "--bounding-set=-all,+net_raw", "--inh-caps=-all"]
        agent = lab.agent(
            "host", "--interface", interface, "--device", "eni0", "--mode", "enforce", "--capture", how, prefix=prefix
        )
        lab.agents.remove(agent)
        assert agent.process.wait(20) != 0
        text = "\n".join(agent.lines)
        assert re.search(rf"the attachment of {interface} has mode enforce", text), text
