"""nftables as an independent judge of enforcement: the same rules, the same connections, two guests.

flowlogd stands before one guest, nftables with the kernel's own connection tracking before the other. Compared are new
connections, each with ports of its own, and open ones while the rules change.
"""

import contextlib
import ipaddress
import os
import random
import shutil
import time
from dataclasses import dataclass

import pytest

from families import IPV4, IPV6, Family
from firewall import LOWEST_PORT, Rule, RuleSet, SubnetAcl, make_group
from guests import Speaker, ask_all, connect_guest, named_namespace, run, wait_until_silent
from lab import Lab
from namespace import need, need_root, new_namespace

RULE_SETS = 12
CONNECTIONS = 240
# Connections that are opened after each of the changes.
CHANGES, SESSIONS = 8, 180
# An answer takes a few milliseconds. TCP tries again after a second.
SILENCE = 0.5
CANARY_PORT = 20


@dataclass(frozen=True)
class Connection:
    """Who opens it, `peer` or `guest`, and how. ICMP has an identifier for a port."""

    family: Family
    opener: str
    protocol: str
    peer: str
    srcport: int
    dstport: int

    @property
    def direction(self):
        return "ingress" if self.opener == "peer" else "egress"

    @property
    def name(self):
        return [self.protocol, self.srcport]

    def way(self):
        guest = self.family.guest
        ends = (self.peer, guest) if self.opener == "peer" else (guest, self.peer)
        return [self.protocol, *ends, self.srcport, self.dstport]

    def outcome(self, told):
        """What became of it, by what both ends tell."""
        other = told["guest" if self.opener == "peer" else "peer"]
        arrived = tuple(self.way()) in {tuple(way) for way in other["arrived"]}
        if self.name in told[self.opener]["answered"]:
            assert arrived, f"{self} was answered without having arrived"
            return "answered"
        return "arrived, but not answered" if arrived else "refused"


class World:
    """A guest, its peers at the other end of the cable, and a speaker at each end."""

    def __init__(self, stack, name, host, family, peers):
        self.guest = stack.enter_context(named_namespace(name))
        connect_guest(self.guest, family.guest, [*peers, family.canary], host=host)
        places = {"peer": (host, "eni0"), "guest": (self.guest, "eth0")}
        self.speakers = {opener: Speaker(*place, family.version) for opener, place in places.items()}
        for speaker in self.speakers.values():
            stack.callback(speaker.end)


@pytest.fixture
def dice():
    seed = int(os.environ.get("FLOWLOGD_SEED", random.SystemRandom().randrange(1 << 32)))
    print(f"\nFLOWLOGD_SEED={seed}")
    return random.Random(seed)


def draw_peers(dice, family):
    """Addresses in the guest's subnet, beside it, and elsewhere, some of them close to each other."""
    peers = {*family.neighbours, *family.members}
    while len(peers) < 28:
        near = ipaddress.ip_address(dice.choice(sorted(peers)))
        drawn = str(type(near)(int(near) ^ 1 << dice.randrange(family.bits)))
        if family.is_peer(drawn):
            peers.add(drawn)
    return sorted(peers - {family.guest, family.canary})


def draw_connections(dice, rules, ports, count):
    """Connections in both directions; most of them are aimed at a rule of the security groups."""
    drawn = []
    for _ in range(count):
        opener = dice.choice(["peer", "peer", "guest"])
        direction = "ingress" if opener == "peer" else "egress"
        protocol = dice.choices(["tcp", "udp", "icmp"], [5, 3, 2])[0]
        aims = [rule for group in rules.groups for rule in group if rule.direction == direction]
        aim = dice.choice([rule for rule in aims if rule.protocol in (protocol, "all")] or aims)
        peers, served = rules.peers, [rules.family.request] if protocol == "icmp" else rules.ports(protocol)
        if dice.random() < 0.5:
            peers = [peer for peer in peers if aim.has_peer(peer)] or peers
            served = [port for port in served if protocol != aim.protocol or aim.has_port(port)] or served
        drawn.append(Connection(rules.family, opener, protocol, dice.choice(peers), ports.pop(), dice.choice(served)))
    return drawn


def ask_everywhere(worlds, question):
    """Asks in all worlds at a time what the question for an opener is. Returns each world's answers by opener."""
    openers = ("peer", "guest")
    told = ask_all([(world.speakers[opener], question(opener)) for world in worlds for opener in openers])
    return [dict(zip(openers, pair, strict=True)) for pair in zip(told[::2], told[1::2], strict=True)]


def ways(connections, opener):
    return [each.way() for each in connections if each.opener == opener]


def names(connections, opener):
    return [each.name for each in connections if each.opener == opener]


def outcomes_of(worlds, connections):
    """What became of connections that were just opened or used: the outcomes of each world."""
    wait_until_silent([speaker for world in worlds for speaker in world.speakers.values()], SILENCE)
    told = ask_everywhere(worlds, lambda _: {"tell": True})
    return [[each.outcome(tell) for each in connections] for tell in told]


def differences_of(rules, connections, outcomes):
    """Counts and prints what the two worlds differ in."""
    found = [each for each in zip(connections, *outcomes, strict=True) if each[1] != each[2]]
    if found:
        print(f"\n{rules}\nthe same for nftables:\n{rules.nft('eni0')}")
    for connection, ours, theirs in found:
        print(f"{connection}: flowlogd: {ours}; nftables: {theirs}")
    return len(found)


def make_vpc(ec2, family):
    """A VPC with the family's blocks. Returns its id and those of the guest's subnet and the one beside it."""
    more = {"Ipv6CidrBlock": family.vpc, "Ipv6Pool": "ipv6pool-ec2-0123456789abcdef0"} if family.version == 6 else {}
    vpc = ec2.create_vpc(CidrBlock=IPV4.vpc, **more)["Vpc"]["VpcId"]
    yield vpc
    for block, own in ((IPV4.subnet, family.subnet), (IPV4.beside, family.beside)):
        more = {"Ipv6CidrBlock": own} if family.version == 6 else {}
        yield ec2.create_subnet(VpcId=vpc, CidrBlock=block, **more)["Subnet"]["SubnetId"]


def make_interface(ec2, family, address, subnets, group):
    is_beside = ipaddress.ip_address(address) in ipaddress.ip_network(family.beside)
    own = {"PrivateIpAddress": address} if family.version == 4 else {"Ipv6Addresses": [{"Ipv6Address": address}]}
    return ec2.create_network_interface(SubnetId=subnets[is_beside], Groups=[group], **own)["NetworkInterface"]


class Enforced:
    """The guest that flowlogd stands before, and how its rules are changed."""

    def __init__(self, lab, directory, world, family):
        self.ec2, self.world, self.family = lab.client("ec2"), world, family
        self.vpc, *subnets = make_vpc(self.ec2, family)
        self.members, self.closed = (make_group(self.ec2, self.vpc, name) for name in ("members", "closed"))
        self.interface = make_interface(self.ec2, family, family.guest, subnets, self.closed)
        for member in family.members:
            make_interface(self.ec2, family, member, subnets, self.members)
        self.acl = SubnetAcl(self.ec2, self.interface["SubnetId"])
        self.tries = iter(range(1, LOWEST_PORT - CANARY_PORT - 1))
        config = directory / "agent.toml"
        config.write_text("[agent]\nenforcement_grace = 0\n")
        interface = self.interface["NetworkInterfaceId"]
        agent = lab.agent("host", "--config", str(config), "--interface", interface, "--device", "eni0", "--mode", "enforce")
        agent.wait_for(r'"state":"capturing"')

    def put_in_force(self, rules, name):
        """Changes the rules, and waits until they are in force: what allows the canary comes last, all at once."""
        interface = self.interface["NetworkInterfaceId"]
        self.ec2.modify_network_interface_attribute(NetworkInterfaceId=interface, Groups=[self.closed])
        self.wait_for_canary(lives=False)
        rules.apply(self.ec2, self.interface, self.acl, self.members, name)
        self.wait_for_canary(lives=True)

    def wait_for_canary(self, lives):
        began, peer = time.monotonic(), self.world.speakers["peer"]
        while True:
            way = ["tcp", self.family.canary, self.family.guest, CANARY_PORT + next(self.tries), CANARY_PORT]
            peer.ask(open=[way])
            # That it is dead is looked at longer: once is enough.
            wait_until_silent(self.world.speakers.values(), 0.2 if lives else SILENCE)
            if (["tcp", way[3]] in peer.ask(tell=True)["answered"]) == lives:
                return
            assert time.monotonic() - began < 3, "rules are not in force within two seconds"


def draw_servers(dice, rules):
    """The ports with servers. At others that are tried nobody is there, which a RST says, or an ICMP error."""
    served = {protocol: [port for port in rules.ports(protocol) if dice.random() < 0.7] for protocol in ("tcp", "udp")}
    if rules.opens("udp"):
        # Errors about untracked flows are judged by the rules (docs/differences-from-aws.md), by nftables never.
        served["udp"] = rules.ports("udp")
    return served


class Comparison:
    """Two worlds, that of flowlogd and that of nftables, with the same rules."""

    def __init__(self, stack, directory, family, dice):
        need_root("enforcing rules needs root")
        need(shutil.which("nft"), "enforcement is compared with nftables", "install it")
        stack.enter_context(new_namespace())
        self.host = stack.enter_context(named_namespace("host"))
        self.family, self.peers = family, draw_peers(dice, family)
        self.worlds = [World(stack, name, host, family, self.peers) for name, host in (("guest", None), ("twin", self.host))]
        self.enforced = Enforced(stack.enter_context(Lab(directory)), directory, self.worlds[0], family)

    def draw_rules(self, dice, tracked=False):
        """A set of rules; under one that is `tracked`, every connection is."""
        rules, canary = RuleSet(dice, self.family, self.peers), f"{self.family.canary}/{self.family.bits}"
        while tracked and (rules.opens("tcp") or rules.opens("udp")):
            rules = RuleSet(dice, self.family, self.peers)
        rules.groups[0].append(Rule(self.family, "ingress", "tcp", CANARY_PORT, CANARY_PORT, canary))
        return rules

    def serve(self, ports):
        ports = {**ports, "tcp": [*ports["tcp"], CANARY_PORT]}
        ask_everywhere(self.worlds, lambda _: {"serve": ports})

    def put_in_force(self, rules, name):
        run("nft", "-f", "-", namespace=self.host, text=rules.nft("eni0"))
        self.enforced.put_in_force(rules, name)


@pytest.fixture(params=[IPV4, IPV6], ids=str)
def comparison(request, tmp_path, dice):
    with contextlib.ExitStack() as stack:
        yield Comparison(stack, tmp_path, request.param, dice)


def test_whatever_nftables_lets_through_is_let_through_and_nothing_else(comparison, dice):
    ports = dice.sample(range(1024, 65500), RULE_SETS * CONNECTIONS + 1000)
    outcomes, differences = [], 0
    for number in range(RULE_SETS):
        rules = comparison.draw_rules(dice)
        served = draw_servers(dice, rules)
        ports = [port for port in ports if not any(port in rules.ports(protocol) for protocol in served)]
        connections = draw_connections(dice, rules, ports, CONNECTIONS)

        comparison.serve(served)
        comparison.put_in_force(rules, f"rules-{number}")
        ask_everywhere(comparison.worlds, lambda opener: {"open": ways(connections, opener)})
        both = outcomes_of(comparison.worlds, connections)
        ask_everywhere(comparison.worlds, lambda _: {"keep": []})
        outcomes += both[1]
        differences += differences_of(rules, connections, both)

    allowed, answers = outcomes.count("answered"), outcomes.count("arrived, but not answered")
    print(
        f"nftables comparison: {len(outcomes)} connections tried, {allowed} allowed, {len(outcomes) - allowed} refused, "
        f"differences {differences}"
    )
    print(f"by {comparison.family}; of those refused, the answer alone: {answers}")
    assert differences == 0
    assert len(outcomes) >= 2000 and 0.25 < allowed / len(outcomes) < 0.75


def test_what_is_open_when_rules_change_goes_on_or_is_cut_as_with_nftables(comparison, dice):
    # nftables tracks everything.
    changes = [comparison.draw_rules(dice, tracked=True) for _ in range(CHANGES)]
    served = {protocol: sorted({port for rules in changes for port in rules.ports(protocol)}) for protocol in ("tcp", "udp")}
    comparison.serve(served)
    ports = dice.sample(sorted({*range(1024, 65500)} - {*served["tcp"], *served["udp"]}), CHANGES * SESSIONS)
    kept, resumed, outlived, cut, differences = [], 0, 0, 0, 0
    for number, rules in enumerate(changes):
        connections = draw_connections(dice, rules, ports, SESSIONS)
        comparison.put_in_force(rules, f"rules-{number}")
        ask_everywhere(comparison.worlds, lambda opener: {"begin": ways(connections, opener), "resume": names(kept, opener)})
        both = outcomes_of(comparison.worlds, [*kept, *connections])
        differences += differences_of(rules, [*kept, *connections], both)

        answered = [each for each, *those in zip([*kept, *connections], *both, strict=True) if those == ["answered"] * 2]
        resumed += len(kept)
        cut += len({*kept} - {*answered})
        outlived += sum(not rules.admits(each) for each in {*kept} & {*answered})
        kept = answered
        ask_everywhere(comparison.worlds, lambda opener: {"keep": names(kept, opener)})

    print(
        f"nftables comparison: {resumed} times an open connection of {comparison.family} under other rules: {cut} cut by the "
        f"network ACL, {outlived} that no group would admit anew, differences {differences}"
    )
    assert differences == 0
    assert resumed >= 300 and cut >= 50 and outlived >= 50
