"""Writes capture files, packet by packet."""

import ipaddress
import struct


def ipv4(src, dst, protocol, payload):
    """An IPv4 packet."""
    length = 20 + len(payload)
    return (
        struct.pack("!BBHHHBBH", 0x45, 0, length, 1, 0, 64, protocol, 0)
        + ipaddress.IPv4Address(src).packed
        + ipaddress.IPv4Address(dst).packed
        + payload
    )


def ping(src, dst, reply=False, identifier=7):
    """An ICMP echo request, or the reply to one: 84 bytes."""
    return ipv4(src, dst, 1, struct.pack("!BBHHH", 0 if reply else 8, 0, 0, identifier, 1) + bytes(56))


def tcp(src, dst, srcport, dstport, flags=0x02):
    """A TCP segment without data; a SYN unless flags say otherwise."""
    return ipv4(src, dst, 6, struct.pack("!HHIIBBHHH", srcport, dstport, 0, 0, 0x50, flags, 1024, 0, 0))


def udp(src, dst, srcport, dstport, payload=b"x"):
    """A UDP datagram."""
    return ipv4(src, dst, 17, struct.pack("!HHHH", srcport, dstport, 8 + len(payload), 0) + payload)


def tcp6(src, dst, srcport, dstport, flags=0x02):
    """The same over IPv6."""
    segment = struct.pack("!HHIIBBHHH", srcport, dstport, 0, 0, 0x50, flags, 1024, 0, 0)
    return (
        struct.pack("!IHBB", 6 << 28, len(segment), 6, 64)
        + ipaddress.IPv6Address(src).packed
        + ipaddress.IPv6Address(dst).packed
        + segment
    )


def write(path, packets):
    """Writes (seconds, packet) pairs as a pcap of raw IP packets, and returns its path."""
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101))
        for seconds, packet in packets:
            whole = int(seconds)
            micros = round((seconds - whole) * 1_000_000)
            file.write(struct.pack("<IIII", whole, micros, len(packet), len(packet)) + packet)
    return path
