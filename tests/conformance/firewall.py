"""Random security groups and network ACLs, told to flowlogd through the AWS API and to nftables in its language."""

import dataclasses
import ipaddress

from families import Family

# What is below is for the tests' own purposes.
LOWEST_PORT = 1001
DIRECTIONS = ("ingress", "egress")


@dataclasses.dataclass(frozen=True)
class Rule:
    """What a security group rule and a network ACL entry have in common: ports, or ICMP type and code; a peer."""

    family: Family
    direction: str
    protocol: str
    first: int
    last: int
    peer: str

    def __str__(self):
        return f"{self.direction} {self.protocol} {self.first}..{self.last} {self.peer}"

    def permission(self, members):
        """The rule as an `IpPermission`; the peer `members` is that security group."""
        if self.peer == "members":
            peer = {"UserIdGroupPairs": [{"GroupId": members}]}
        elif self.family.version == 4:
            peer = {"IpRanges": [{"CidrIp": self.peer}]}
        else:
            peer = {"Ipv6Ranges": [{"CidrIpv6": self.peer}]}
        ports = {"FromPort": self.first, "ToPort": self.last} if self.protocol in ("tcp", "udp", "icmp") else {}
        return {"IpProtocol": str(self.family.number[self.protocol]), **ports, **peer}

    def entry(self):
        """The parameters of a network ACL entry."""
        parameters = {"Egress": self.direction == "egress", "Protocol": str(self.family.number[self.protocol])}
        parameters["CidrBlock" if self.family.version == 4 else "Ipv6CidrBlock"] = self.peer
        if self.protocol in ("tcp", "udp"):
            parameters["PortRange"] = {"From": self.first, "To": self.last}
        if self.protocol == "icmp":
            parameters["IcmpTypeCode"] = {"Type": self.first, "Code": self.last}
        return parameters

    def has_peer(self, address):
        if self.peer == "members":
            return address in self.family.members
        return ipaddress.ip_address(address) in ipaddress.ip_network(self.peer)

    def has_port(self, port):
        return self.protocol == "icmp" or self.first <= port <= self.last

    def allows(self, protocol, peer, port):
        """Whether a connection may be opened by it; one of ICMP by an echo request."""
        if self.protocol == "icmp" and (self.first not in (-1, self.family.request) or self.last not in (-1, 0)):
            return False
        return self.protocol in (protocol, "all") and self.has_peer(peer) and (self.protocol == "all" or self.has_port(port))

    def nft(self):
        """The rule's conditions in nftables' words, each followed by a space."""
        words, (ip, icmp) = [], nft_names(self.family)
        if self.peer != self.family.everyone:
            side = "saddr" if self.direction == "ingress" else "daddr"
            peers = "{ " + ", ".join(self.family.members) + " }" if self.peer == "members" else self.peer
            words.append(f"{ip} {side} {peers}")
        if self.protocol == "icmp" and self.first >= 0:
            words.append(f"{icmp} type {self.first}" + (f" {icmp} code {self.last}" if self.last >= 0 else ""))
        elif self.protocol in ("tcp", "udp") and (self.first, self.last) != (0, 65535):
            words.append(f"{self.protocol} dport {self.first}-{self.last}".replace(f"{self.first}-{self.first}", f"{self.first}"))
        elif self.protocol != "all":
            words.append(f"meta l4proto {self.family.number[self.protocol]}")
        return "".join(f"{word} " for word in words)


def nft_names(family):
    return ("ip", "icmp") if family.version == 4 else ("ip6", "icmpv6")


def everything(family, direction):
    return Rule(family, direction, "all", -1, -1, family.everyone)


class RuleSet:
    """The rules of one interface: security groups, each a list of rules, and a network ACL, `(number, allow, rule)`."""

    def __init__(self, dice, family, peers):
        self.dice, self.family, self.peers = dice, family, peers
        self.ranges = {protocol: [self.draw_range() for _ in range(3)] for protocol in ("tcp", "udp")}
        self.groups = [self.draw_group(), self.draw_group()]
        self.acl = self.draw_acl()

    def draw_range(self):
        # Clients' ports begin at 1024.
        first = self.dice.choice([1023, *(self.dice.randint(LOWEST_PORT, 65000) for _ in range(9))])
        return first, first + self.dice.choice([0, 0, 1, 9, 400])

    def ports(self, protocol):
        """The ports to try: the limits of all ranges, and what is just beyond."""
        ports = {port + by for limits in self.ranges[protocol] for port in limits for by in (-1, 0, 1)}
        return sorted(ports)

    def draw_peer(self):
        """The block around a peer, or everyone."""
        length = self.dice.choice(self.family.lengths)
        return str(ipaddress.ip_network(f"{self.dice.choice(self.peers)}/{length}", strict=False))

    def draw_rule(self, direction, answers):
        """A rule; one that is asked about answers too knows the ports that clients have."""
        protocol = self.dice.choices(["tcp", "udp", "icmp", "all", "esp"], [8, 5, 4, 2, 1])[0]
        first, last = -1, -1
        if protocol in ("tcp", "udp"):
            clients = [(1024, 65535), (32768, 60999), (0, 65535)]
            wide = answers and self.dice.random() < 0.6 or self.dice.random() < 0.15
            first, last = self.dice.choice(clients if wide else self.ranges[protocol])
        elif protocol == "icmp":
            first, last = self.dice.choice(self.family.kinds)
        drawn = Rule(self.family, direction, protocol, first, last, self.draw_peer())
        # What is about everything would leave nothing to the rules behind it.
        return self.draw_rule(direction, answers) if drawn == everything(self.family, direction) else drawn

    def draw_group(self):
        rules = [self.draw_rule(direction, answers=False) for direction in DIRECTIONS for _ in range(self.dice.randint(3, 6))]
        if self.dice.random() < 0.5:
            drawn = self.draw_rule(self.dice.choice(DIRECTIONS), answers=False)
            rules.append(dataclasses.replace(drawn, peer="members"))
        # Open in one direction: then what everyone may in the other is not tracked.
        if self.dice.random() < 0.3:
            rules.append(everything(self.family, self.dice.choice(DIRECTIONS)))
        # A security group has no rule twice.
        return list(dict.fromkeys(rules))

    def draw_acl(self):
        entries = []
        for direction in DIRECTIONS:
            numbers = self.dice.sample(range(1, 32700), self.dice.randint(4, 9))
            entries += [(number, self.dice.random() < 0.7, self.draw_rule(direction, answers=True)) for number in numbers]
            # Mostly what no entry names is allowed.
            if self.dice.random() < 0.8:
                entries.append((32766, True, everything(self.family, direction)))
        self.dice.shuffle(entries)
        return entries

    def opens(self, protocol):
        """Whether everyone may send to all ports of TCP or UDP in a direction: then its flows may go untracked."""
        rules = [rule for group in self.groups for rule in group if rule.peer == self.family.everyone]
        return any(rule.protocol == "all" or (rule.protocol, rule.first, rule.last) == (protocol, 0, 65535) for rule in rules)

    def admits(self, connection):
        """Whether security groups let a connection be opened."""
        rules = [rule for group in self.groups for rule in group if rule.direction == connection.direction]
        return any(rule.allows(connection.protocol, connection.peer, connection.dstport) for rule in rules)

    def __str__(self):
        groups = [str(rule) for group in self.groups for rule in group]
        entries = sorted(self.acl, key=lambda entry: entry[0])
        acl = [f"{number} {'allow' if allow else 'deny'} {rule}" for number, allow, rule in entries]
        return "\n".join(["security groups:", *groups, "network ACL:", *acl])

    def nft(self, device):
        """The ruleset of nftables at the host's end of a guest's cable, in AWS's order of evaluation."""
        ip, icmp = nft_names(self.family)
        lines = [f"table {ip} oracle", f"delete table {ip} oracle", f"table {ip} oracle {{"]
        # Neighbour discovery, and what bridges ask for it.
        unfiltered = [f"{icmp} type {{ 133-137, 143 }} accept"] if self.family.version == 6 else []

        def chain(name, *rules):
            lines.extend([f" chain {name} {{", *(f"  {rule}" for rule in rules), " }"])

        for direction in DIRECTIONS:
            entries = sorted((entry for entry in self.acl if entry[2].direction == direction), key=lambda entry: entry[0])
            chain(
                f"acl_{direction}",
                *(f"{rule.nft()}{'return' if allow else 'drop'} comment \"{number}\"" for number, allow, rule in entries),
                "drop",
            )
            rules = [rule for group in self.groups for rule in group if rule.direction == direction]
            chain(
                f"group_{direction}",
                "ct state established,related return",
                *(f"{rule.nft()}return" for rule in rules),
                "drop",
            )
        chain(
            "to_guest",
            "type filter hook postrouting priority 0; policy accept;",
            f'oifname != "{device}" accept',
            *unfiltered,
            f"{ip} saddr != {self.family.subnet} jump acl_ingress",
            "jump group_ingress",
        )
        chain(
            "from_guest",
            "type filter hook prerouting priority 0; policy accept;",
            f'iifname != "{device}" accept',
            *unfiltered,
            "jump group_egress",
            f"{ip} daddr != {self.family.subnet} jump acl_egress",
        )
        return "\n".join([*lines, "}", ""])

    def apply(self, ec2, interface, acls, members, name):
        """Makes all this through the AWS API and puts it in force, at once."""
        ids = [make_group(ec2, interface["VpcId"], f"{name}-{number}") for number in range(len(self.groups))]
        for group, rules in zip(ids, self.groups, strict=True):
            for direction in DIRECTIONS:
                permissions = [rule.permission(members) for rule in rules if rule.direction == direction]
                authorize = getattr(ec2, f"authorize_security_group_{direction}")
                authorize(GroupId=group, IpPermissions=permissions)
        acl = ec2.create_network_acl(VpcId=interface["VpcId"])["NetworkAcl"]["NetworkAclId"]
        for number, allow, rule in self.acl:
            action = "allow" if allow else "deny"
            ec2.create_network_acl_entry(NetworkAclId=acl, RuleNumber=number, RuleAction=action, **rule.entry())
        acls.replace(acl)
        ec2.modify_network_interface_attribute(NetworkInterfaceId=interface["NetworkInterfaceId"], Groups=ids)


def make_group(ec2, vpc, name):
    """Makes a security group without rules."""
    group = ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"]
    [made] = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"]
    ec2.revoke_security_group_egress(GroupId=group, IpPermissions=made["IpPermissionsEgress"])
    return group


class SubnetAcl:
    """Which network ACL the subnet of an interface has."""

    def __init__(self, ec2, subnet):
        self.ec2 = ec2
        filters = [{"Name": "association.subnet-id", "Values": [subnet]}]
        acls = ec2.describe_network_acls(Filters=filters)["NetworkAcls"]
        associations = [each for acl in acls for each in acl["Associations"] if each["SubnetId"] == subnet]
        self.association = associations[0]["NetworkAclAssociationId"]

    def replace(self, acl):
        answer = self.ec2.replace_network_acl_association(AssociationId=self.association, NetworkAclId=acl)
        self.association = answer["NewAssociationId"]
