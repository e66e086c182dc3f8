"""The addresses and words of a comparison's two families: IPv4 and IPv6."""

import dataclasses
import ipaddress


@dataclasses.dataclass(frozen=True)
class Family:
    version: int
    # The blocks of the VPC, of the guest's subnet, and of one beside it: what creates them takes.
    vpc: str
    subnet: str
    beside: str
    guest: str
    # Blocks around these have some of them: each differs from another in one bit.
    neighbours: tuple
    # Who is in the security group that rules refer to: one in the guest's subnet, two beside it.
    members: tuple
    canary: str
    # Lengths of the blocks that rules have.
    lengths: tuple
    icmp: int
    # The types of echo requests and of their answers.
    request: int
    reply: int
    # Another type, with a code.
    error: tuple

    def __str__(self):
        return f"IPv{self.version}"

    @property
    def bits(self):
        return 32 if self.version == 4 else 128

    @property
    def everyone(self):
        return "0.0.0.0/0" if self.version == 4 else "::/0"

    @property
    def number(self):
        """The protocols' numbers."""
        return {"tcp": 6, "udp": 17, "icmp": self.icmp, "all": -1, "esp": 50}

    @property
    def kinds(self):
        """The types and codes of ICMP that rules have; -1 is any."""
        return [(-1, -1), (-1, -1), (self.request, -1), (self.request, 0), (self.reply, -1), self.error]

    def is_peer(self, address):
        """Whether it is unicast, and neither a service nor this machine, nor what is reserved in a VPC."""
        octets = ipaddress.ip_address(address).packed
        if self.version == 4:
            return 1 <= octets[0] < 224 and octets[0] not in (127, 169) and 4 < octets[3] < 255
        return 0x20 <= octets[0] < 0xFE and not address.startswith("fd00:ec2:") and octets[-1] > 4


IPV4 = Family(
    version=4,
    vpc="172.31.0.0/16",
    subnet="172.31.16.0/20",
    beside="172.31.32.0/20",
    guest="172.31.16.90",
    neighbours=("10.20.30.40", "192.0.2.33", "172.31.21.5"),
    members=("172.31.17.7", "172.31.40.7", "172.31.40.9"),
    canary="172.31.16.66",
    lengths=(0, 0, 0, 1, 4, 8, 12, 16, 20, 24, 27, 29, 31, 32, 32),
    icmp=1,
    request=8,
    reply=0,
    error=(3, 4),
)
IPV6 = Family(
    version=6,
    vpc="fd00:1:2:300::/56",
    subnet="fd00:1:2:300::/64",
    beside="fd00:1:2:301::/64",
    guest="fd00:1:2:300::90",
    neighbours=("2001:db8::20:30:40", "fd12:3456::33", "fd00:1:2:300::21:5"),
    members=("fd00:1:2:300::17:7", "fd00:1:2:301::40:7", "fd00:1:2:301::40:9"),
    canary="fd00:1:2:300::66",
    lengths=(0, 0, 0, 1, 4, 16, 32, 44, 48, 56, 64, 64, 96, 120, 127, 128, 128),
    icmp=58,
    request=128,
    reply=129,
    error=(1, 4),
)
