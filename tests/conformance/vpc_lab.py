"""A VPC whose interfaces are real: guests in namespaces behind a router, peers beyond it, and an agent in the router that
enforces the rules. Tells what arrived and what was recorded, packet by packet."""

import contextlib
import ctypes
import ipaddress
import json
import os
import socket
import struct
import subprocess
import time
from pathlib import Path

from lab import Lab, eventually
from namespace import need_root, new_namespace
from test_flow_logs import GROUP, make
from vpc_rules import Acl, Group

WINDOW = 2
FORMAT = (
    "${flow-direction} ${srcaddr} ${srcport} ${dstaddr} ${dstport} ${protocol} ${packets} ${action} ${x-deciding-rule} "
    "${x-mode} ${log-status}"
)
POOL = "ipv6pool-ec2-0123456789abcdef0"
# Neighbour discovery and what else IPv6 says of itself is no test's traffic.
OF_TESTS = {1, 6, 17}
# Has the router's name for everybody.
ROUTER = "169.254.1.1"
PREFIX = f"flowlogd-{os.getpid()}-"
ETH_P_ALL, OUTGOING = 3, 4


def name(address, port):
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


@contextlib.contextmanager
def inside(namespace):
    """Moves this thread into a namespace, and back: a socket stays where it was made."""
    before = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    there = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
    try:
        setns(there)
        try:
            yield
        finally:
            setns(before)
    finally:
        os.close(there)
        os.close(before)


def setns(namespace):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(namespace, 0x40000000) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def ip(*commands, namespace=None):
    """Does what these commands of `ip` say."""
    place = ["-netns", namespace] if namespace else []
    subprocess.run(["ip", *place, "-batch", "-"], input="\n".join(commands), check=True, text=True)


def setting(path, value):
    with open(f"/proc/sys/net/{path}", "w", encoding="ascii") as file:
        file.write(str(value))


class Place:
    """A namespace at the other end of a cable from the router's `device`, and a tap on all that comes and goes there."""

    def __init__(self, device, addresses):
        self.device = device
        self.namespace = PREFIX + device
        ipv6 = any(":" in address for address in addresses)
        ip(f"netns add {self.namespace}")
        with inside(self.namespace):
            setting("ipv6/conf/default/disable_ipv6", int(not ipv6))
            setting("ipv6/conf/default/accept_dad", 0)
        self.plug(addresses)
        self.incoming, self.outgoing = [], []
        self.tap = self.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
        self.tap.bind(("eth0", ETH_P_ALL))
        self.tap.setblocking(False)

    def plug(self, addresses):
        """Lays the cable, and makes the devices at both ends."""
        ipv6 = any(":" in address for address in addresses)
        setting("ipv6/conf/default/disable_ipv6", int(not ipv6))
        ip(
            f"link add {self.device} type veth peer name eth0 netns {self.namespace}",
            f"link set {self.device} up",
            *([f"address add fe80::1/64 dev {self.device} nodad"] if ipv6 else []),
        )
        ip(
            "link set lo up",
            *(f"address add {address} dev eth0{' nodad' * (':' in address)}" for address in addresses),
            "link set eth0 up",
            f"route add default via {ROUTER} dev eth0 onlink",
            *(["route add ::/0 via fe80::1 dev eth0"] if ipv6 else []),
            namespace=self.namespace,
        )

    def socket(self, *kind):
        with inside(self.namespace):
            return socket.socket(*kind)

    def look(self):
        """Reads what the tap has seen. Returns the packets that arrived: `10.0.1.5:22 > 203.0.113.7:40000`, without
        ports where there are none."""
        with contextlib.suppress(BlockingIOError):
            while True:
                packet, (_, _, kind, *_) = self.tap.recvfrom(2048)
                if told := describe(packet):
                    (self.outgoing if kind == OUTGOING else self.incoming).append(told)
        return self.incoming


def describe(packet):
    if packet[0] >> 4 == 4 and packet[9] in OF_TESTS:
        protocol, source, target, payload = packet[9], packet[12:16], packet[16:20], packet[20:]
    elif packet[0] >> 4 == 6 and packet[6] in OF_TESTS:
        protocol, source, target, payload = packet[6], packet[8:24], packet[24:40], packet[40:]
    else:
        return None
    source, target = str(ipaddress.ip_address(source)), str(ipaddress.ip_address(target))
    if protocol == 1:
        return f"{source} > {target}"
    ports = struct.unpack_from("!HH", payload)
    return f"{name(source, ports[0])} > {name(target, ports[1])}"


class Guest(Place):
    """A machine behind an interface of the VPC."""

    def __init__(self, vpc, device, address, groups, ipv6):
        super().__init__(device, [address, *ipv6])
        self.lab, self.addresses = vpc.lab, [address, *ipv6]
        made = vpc.ec2.create_network_interface(
            SubnetId=vpc.subnet(address)["SubnetId"], PrivateIpAddress=address, Groups=[group.id for group in groups],
            Ipv6Addresses=[{"Ipv6Address": own} for own in ipv6],
        )
        self.interface = made["NetworkInterface"]["NetworkInterfaceId"]

    def plug(self, addresses):
        super().plug(addresses)
        for own in addresses:
            ip(f"route add {own} dev {self.device}")

    def make_anew(self):
        """Takes the devices away and makes others of the same names."""
        self.look()
        ip(f"link delete {self.device}")
        self.plug(self.addresses)
        # It knows by now that its device has gone.
        self.tap.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        self.tap.bind(("eth0", ETH_P_ALL))

    def events(self):
        """The fields of all records with packets. None may tell of lost ones."""
        streams = self.lab.client("logs").describe_log_streams(logGroupName=GROUP)["logStreams"]
        stream = f"{self.interface}-all"
        if stream not in [found["logStreamName"] for found in streams]:
            return []
        events = self.lab.events(GROUP, stream, self.lab.client("logs", checked=False))
        events = [event["message"].split() for event in events]
        assert {fields[-1] for fields in events} <= {"OK", "NODATA"}
        return [fields for fields in events if fields[-1] == "OK"]

    def records(self, unlogged_in=0, unlogged_out=0):
        """The records as `ingress 203.0.113.7:40000 > 10.0.1.5:22 ACCEPT sgr-…`. Their packets are those that the guest got
        and sent, but for those that are never logged.

        The first window of a connection has the rule that opened it. That it has been tracked since, which a later window
        tells of the same packets, is left out."""
        told, packets = set(), {}
        for direction, source, srcport, target, dstport, protocol, count, action, rule, mode, _ in self.events():
            if int(protocol) not in OF_TESTS:
                continue
            assert mode == "enforce"
            ends = (source, target) if protocol == "1" else (name(source, srcport), name(target, dstport))
            told.add(f"{direction} {ends[0]} > {ends[1]} {action} {rule}")
            packets[direction, action] = packets.get((direction, action), 0) + int(count)
        self.look()
        assert packets.get(("ingress", "ACCEPT"), 0) == len(self.incoming) - unlogged_in, self.incoming
        sent = packets.get(("egress", "ACCEPT"), 0) + packets.get(("egress", "REJECT"), 0)
        assert sent == len(self.outgoing) - unlogged_out, self.outgoing
        return {record for record in told if (opened := record.replace(" tracked:", " ")) == record or opened not in told}


class Vpc:
    """10.0.0.0/16 and fd00:1:2:300::/56, with a subnet for every /24 that has a guest, and its network."""

    def __init__(self, lab, peers):
        self.lab, self.ec2 = lab, lab.client("ec2")
        made = self.ec2.create_vpc(CidrBlock="10.0.0.0/16", Ipv6CidrBlock="fd00:1:2:300::/56", Ipv6Pool=POOL)
        self.id = made["Vpc"]["VpcId"]
        self.guests, self.subnets, self.groups = [], {}, 0
        make(lab, lab.role(), self.id, "VPC", LogFormat=FORMAT)
        ip(f"address add {ROUTER}/32 dev lo")
        for family in ("ipv4/ip_forward", "ipv6/conf/all/forwarding"):
            setting(family, 1)
        self.peers = Place("outside", peers)
        self.peers.addresses = peers
        ip("route add default dev outside", *(f"route add {peer} dev outside" for peer in peers if ":" in peer))

    def group(self):
        self.groups += 1
        made = self.ec2.create_security_group(GroupName=f"group {self.groups}", Description="of a row", VpcId=self.id)
        return Group(self.ec2, made["GroupId"])

    def default_group(self):
        own = [{"Name": "vpc-id", "Values": [self.id]}, {"Name": "group-name", "Values": ["default"]}]
        return Group(self.ec2, self.ec2.describe_security_groups(Filters=own)["SecurityGroups"][0]["GroupId"])

    def subnet(self, address):
        """The subnet of an address: 10.0.N.0/24 and fd00:1:2:3NN::/64."""
        number = int(address.split(".")[2])
        if number not in self.subnets:
            blocks = {"CidrBlock": f"10.0.{number}.0/24", "Ipv6CidrBlock": f"fd00:1:2:3{number:02x}::/64"}
            self.subnets[number] = self.ec2.create_subnet(VpcId=self.id, **blocks)["Subnet"]
        return self.subnets[number]

    def acl(self, address):
        """Gives the subnet of an address a network ACL of its own."""
        acl = self.ec2.create_network_acl(VpcId=self.id)["NetworkAcl"]["NetworkAclId"]
        subnet = self.subnet(address)["SubnetId"]
        of_it = [{"Name": "association.subnet-id", "Values": [subnet]}]
        [found] = self.ec2.describe_network_acls(Filters=of_it)["NetworkAcls"]
        [link] = [link["NetworkAclAssociationId"] for link in found["Associations"] if link["SubnetId"] == subnet]
        self.ec2.replace_network_acl_association(AssociationId=link, NetworkAclId=acl)
        return Acl(self.ec2, acl)

    def guest(self, address, *groups, ipv6=()):
        guest = Guest(self, f"eni{len(self.guests)}", address, groups, ipv6)
        self.guests.append(guest)
        return guest

    def place(self, address):
        """Whose an address is."""
        return next((guest for guest in self.guests if address in guest.addresses), self.peers)

    def agent(self):
        """Starts the agent, again if it was ended; it enforces the rules of all guests."""
        path = self.lab.directory / "agent.toml"
        attachments = [
            f'[[agent.attachment]]\ninterface = "{guest.interface}"\ndevice = "{guest.device}"\nmode = "enforce"\n'
            for guest in self.guests
        ]
        path.write_text("\n".join(['[agent]\nreserved_addresses = "aws"\nenforcement_grace = 0\n', *attachments]))
        agent = self.lab.agent("router", "--config", str(path), window=WINDOW)
        for guest in self.guests:
            agent.wait_for(rf'"interface":"{guest.interface}","state":"capturing"')
        return agent

    def report(self):
        """What the agent tells of itself."""
        [agent] = json.loads(self.lab.flowlogd("status", "--json").stdout)["agents"]
        return agent["report"]

    def wait_for_records(self):
        """Waits until the records of all that has passed are delivered."""
        time.sleep(2 * WINDOW + 1)
        eventually(lambda: not any(delivery["pendingBatches"] for delivery in self.report()["deliveries"]))



@contextlib.contextmanager
def new_vpc(directory, peers):
    """A server and a VPC without guests, in a namespace that is the VPC's router."""
    need_root("enforcing rules needs root")
    with new_namespace(), Lab(directory) as lab:
        try:
            yield Vpc(lab, peers)
        finally:
            ip(*(f"netns delete {namespace.name}" for namespace in Path("/run/netns").glob(f"{PREFIX}*")))
