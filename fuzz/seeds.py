#!/usr/bin/env python3
"""Writes the seeds that are not text: captures, and packed files. `python3 fuzz/seeds.py`, from anywhere.

Every run with the same zlib writes the same bytes. Addresses are those of the documentation's blocks (RFC 5737, RFC 3849).
"""

import gzip
import struct
from pathlib import Path

CORPUS = Path(__file__).resolve().parent / "corpus"

LITTLE, BIG = "<", ">"
MICROS, NANOS, KUZNETSOV = 0xA1B2C3D4, 0xA1B23C4D, 0xA1B2CD34
ETHERNET, RAW, NULL, LOOP, SLL, SLL2, WIFI = 1, 101, 0, 108, 113, 276, 105
TIME = 1_700_000_000


# Packets


def ipv4(protocol, upper):
    source, destination = bytes([192, 0, 2, 1]), bytes([198, 51, 100, 7])
    header = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(upper), 1, 0, 64, protocol, 0)
    return header + source + destination + upper


def ipv6(protocol, upper):
    prefix = bytes.fromhex("20010db8") + bytes(11)
    return struct.pack(">IHBB", 6 << 28, len(upper), protocol, 64) + prefix + b"\x01" + prefix + b"\x07" + upper


def tcp(flags):
    return struct.pack(">HHIIBBHHH", 49152, 443, 1, 0, 5 << 4, flags, 65535, 0, 0)


def udp():
    return struct.pack(">HHHH", 49152, 53, 12, 0) + b"seed"


def ethernet(packet):
    kind = 0x86DD if packet[0] >> 4 == 6 else 0x0800
    return bytes.fromhex("020000000001") + bytes.fromhex("020000000002") + struct.pack(">H", kind) + packet


SYN, DNS, SIX = ethernet(ipv4(6, tcp(2))), ethernet(ipv4(17, udp())), ethernet(ipv6(6, tcp(16)))


# pcap


def pcap(*records, order=LITTLE, magic=MICROS, link=ETHERNET, major=2):
    return struct.pack(order + "IHHIIII", magic, major, 4, 0, 0, 262144, link) + b"".join(records)


def record(frame, order=LITTLE, fraction=5, wire=None, captured=None, more=b""):
    captured = len(frame) if captured is None else captured
    wire = len(frame) if wire is None else wire
    return struct.pack(order + "IIII", TIME, fraction, captured, wire) + more + frame


def pcap_seeds():
    plain = pcap(record(SYN), record(DNS))
    yield "empty", b""
    yield "little-micros", plain
    yield "big-micros", pcap(record(SYN, BIG), record(SIX, BIG), order=BIG)
    yield "little-nanos", pcap(record(SYN, fraction=999_999_999), magic=NANOS)
    yield "big-nanos", pcap(record(DNS, BIG), order=BIG, magic=NANOS)
    # Interface, EtherType, packet type: to us, and sent by us.
    incoming, outgoing = (struct.pack("<IHBB", 2, 0x0800, kind, 0) for kind in (0, 4))
    yield "kuznetsov", pcap(record(SYN, more=incoming), record(DNS, more=outgoing), magic=KUZNETSOV)
    yield "link-raw", pcap(record(SYN[14:]), record(SIX[14:]), link=RAW)
    yield "link-null", pcap(record(struct.pack("<I", 2) + DNS[14:]), link=NULL)
    yield "link-loop", pcap(record(struct.pack(">I", 24) + SIX[14:]), link=LOOP)
    sll = struct.pack(">HHH8sH", 4, 1, 6, bytes(8), 0x0800)
    yield "link-sll", pcap(record(sll + SYN[14:]), link=SLL)
    sll2 = struct.pack(">HHIHBB8s", 0x0800, 0, 2, 1, 0, 6, bytes(8))
    yield "link-sll2", pcap(record(sll2 + DNS[14:]), link=SLL2)
    yield "link-with-checksum-length", pcap(record(SYN), link=0x1400_0000 | ETHERNET)
    yield "link-unknown", pcap(record(SYN), link=WIFI)
    yield "version-3", pcap(record(SYN), major=3)
    yield "no-records", pcap()
    yield "empty-record", pcap(record(b""), record(SYN))
    yield "header-cut-off", plain[:20]
    yield "record-header-cut-off", plain[:30]
    yield "record-cut-off", plain[:-3]
    yield "longest-exceeded", pcap(record(b"", captured=262145), record(SYN))
    yield "fraction-of-seconds", pcap(record(SYN, fraction=4_294_967_295))
    yield "wire-shorter-than-captured", pcap(record(SYN, wire=20))
    yield "cut-by-snap-length", pcap(record(SYN[:40], wire=1514))
    yield "not-a-capture", b"version account-id\n"
    packed = gz(plain)
    yield "gzip", packed
    yield "gzip-two-members", gz(plain[:50]) + gz(plain[50:])
    yield "gzip-in-gzip", gz(packed)
    yield "gzip-cut-off", packed[: len(packed) // 2]
    yield "gzip-wrong-checksum", packed[:-8] + bytes([packed[-8] ^ 1]) + packed[-7:]
    yield "gzip-trailing-zeros", packed + bytes(16)
    yield "zstd", zstd(plain)
    yield "zstd-skippable-first", struct.pack("<II", 0x184D2A50, 3) + b"abc" + zstd(plain)
    yield "zstd-cut-off", zstd(plain)[:40]
    # A block of one byte repeated: records of no bytes at the beginning of 1970.
    yield "zstd-zeros", zstd(pcap()) + b"\x28\xb5\x2f\xfd\x20\x50" + struct.pack("<I", 1 | 1 << 1 | 80 << 3)[:3] + b"\0"


def gz(data):
    return gzip.compress(data, 9, mtime=0)


def zstd(data):
    """One frame with its content size in a byte, and one raw block (RFC 8878)."""
    assert len(data) < 256
    block = struct.pack("<I", 1 | len(data) << 3)[:3]
    return b"\x28\xb5\x2f\xfd\x20" + bytes([len(data)]) + block + data


# pcapng


class Section:
    """Writes blocks in one byte order."""

    def __init__(self, order=LITTLE):
        self.order = order

    def pack(self, kinds, *values):
        return struct.pack(self.order + kinds, *values)

    def block(self, kind, body, tail=None):
        length = 12 + len(body)
        return self.pack("II", kind, length) + body + self.pack("I", length if tail is None else tail)

    def header(self, major=1, magic=0x1A2B3C4D, length=-1, options=()):
        return self.block(0x0A0D0D0A, self.pack("IHHq", magic, major, 0, length) + self.options(options))

    def interface(self, link=ETHERNET, snap_len=0, options=()):
        return self.block(1, self.pack("HHI", link, 0, snap_len) + self.options(options))

    def packet(self, frame=SYN, interface=0, units=TIME * 1_000_000, wire=None, captured=None, options=(), tail=None):
        captured = len(frame) if captured is None else captured
        wire = len(frame) if wire is None else wire
        head = self.pack("IIIII", interface, units >> 32, units & 0xFFFFFFFF, captured, wire)
        return self.block(6, head + padded(frame) + self.options(options), tail)

    def obsolete_packet(self, frame=SYN, interface=0, drops=3, units=TIME * 1_000_000):
        head = self.pack("HHIIII", interface, drops, units >> 32, units & 0xFFFFFFFF, len(frame), len(frame))
        return self.block(2, head + padded(frame))

    def simple_packet(self, frame=SYN, wire=None):
        return self.block(3, self.pack("I", len(frame) if wire is None else wire) + padded(frame))

    def options(self, options):
        written = b"".join(self.pack("HH", code, len(value)) + padded(value) for code, value in options)
        return written + bytes(4) if options else b""


def padded(data):
    return data + bytes(-len(data) % 4)


def pcapng_seeds():
    little, big = Section(), Section(BIG)
    start = little.header() + little.interface()
    plain = start + little.packet() + little.packet(DNS)
    yield "empty-section", little.header()
    yield "little", plain
    yield "big", big.header() + big.interface() + big.packet() + big.packet(SIX)
    yield "section-length-given", little.header(length=200, options=[(4, b"seeds")]) + little.interface() + little.packet()
    yield "sections-of-both-orders", plain + big.header() + big.interface(RAW) + big.packet(SYN[14:]) + start + little.packet(SIX)
    for name, resolution, units in [
        ("seconds", 0, TIME),
        ("nanos", 9, TIME * 10**9 + 7),
        ("two-to-minus-10", 0x8A, TIME << 10 | 1),
        ("two-to-minus-63", 0xBF, 1 << 63),
        ("ten-to-minus-20", 20, 2**64 - 1),
        ("finest", 127, 2**64 - 1),
        ("finest-binary", 255, 2**64 - 1),
    ]:
        interface = little.interface(options=[(9, bytes([resolution]))])
        yield f"resolution-{name}", little.header() + interface + little.packet(units=units)
    for name, seconds in [("forward", 3600), ("before-1970", -TIME - 1), ("greatest", 2**63 - 1), ("least", -(2**63))]:
        interface = little.interface(options=[(14, little.pack("q", seconds))])
        yield f"offset-{name}", little.header() + interface + little.packet() + little.packet(DNS)
    yield "offset-of-three-bytes", little.header() + little.interface(options=[(14, b"abc")]) + little.packet()
    yield "resolution-of-no-bytes", little.header() + little.interface(options=[(9, b"")]) + little.packet()
    links = little.interface(WIFI) + little.interface(ETHERNET) + little.interface(SLL)
    yield "links-one-unknown", little.header() + links + little.packet(b"wifi") + little.packet(interface=1)
    yield "link-unknown-only", little.header() + little.interface(WIFI) + little.packet(b"wifi") + little.simple_packet(b"wifi")
    yield "simple-packets", start + little.simple_packet() + little.packet() + little.simple_packet(DNS)
    short = little.interface(snap_len=40)
    yield "simple-packet-cut-by-snap-length", little.header() + short + little.simple_packet(SYN[:40], wire=1514)
    yield "simple-packet-of-no-bytes", start + little.simple_packet(b"")
    yield "simple-packet-longer-than-block", start + little.simple_packet(SYN, wire=4000)
    yield "obsolete-packet", start + little.obsolete_packet()
    name_resolution = little.block(4, little.pack("HH", 1, 14) + padded(bytes([192, 0, 2, 1]) + b"example.\0\0") + bytes(4))
    custom = little.block(0x0BAD, little.pack("I", 32473) + b"seed")
    yield "other-blocks", start + name_resolution + little.packet() + little.block(5, bytes(12)) + custom + little.packet(DNS)
    directions = (little.packet(options=[(1, b"a comment"), (2, little.pack("I", flags))]) for flags in (1, 2, 3))
    yield "directions", start + b"".join(directions)
    yield "packet-option-beyond-block", start + little.block(
        6, little.pack("IIIII", 0, 0, 0, 4, 4) + b"abcd" + little.pack("HH", 2, 400)
    )
    yield "interface-option-beyond-block", little.header() + little.block(1, little.pack("HHIHH", 1, 0, 0, 9, 400))
    yield "options-not-ended", little.header() + little.block(1, little.pack("HHIHHI", 1, 0, 0, 9, 1, 9)) + little.packet()
    yield "block-length-odd", start + little.pack("III", 6, 33, 0) + bytes(24)
    yield "block-length-0", start + little.pack("III", 6, 0, 0)
    yield "other-block-length-4", start + little.pack("III", 77, 4, 4)
    yield "block-lengths-differ", start + little.packet() + little.packet(tail=64)
    yield "skipped-block-lengths-differ", start + little.block(5, bytes(12), tail=4) + little.packet()
    yield "block-too-long", start + little.pack("III", 6, 2 << 20, 0) + bytes(24)
    yield "packet-beyond-block", start + little.packet(captured=100)
    yield "packet-longest-exceeded", start + little.packet(captured=262145)
    yield "packet-of-no-bytes", start + little.packet(b"") + little.packet()
    yield "interface-unknown", start + little.packet(interface=1)
    yield "no-interface", little.header() + little.packet()
    yield "no-interface-simple", little.header() + little.simple_packet()
    yield "section-version-2", little.header(major=2) + little.interface() + little.packet()
    yield "section-byte-order-unknown", little.header(magic=0x12345678) + little.interface()
    yield "section-cut-off", little.header()[:20]
    yield "section-length-short", little.pack("II", 0x0A0D0D0A, 24) + little.header()[8:]
    yield "block-cut-off", plain[:-10]
    yield "skipped-block-cut-off", start + little.block(5, bytes(40))[:30]
    yield "gzip", gz(plain)


# Records


HEADER = (
    b"version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status\n"
)
LINE = b"2 123456789012 eni-0a1b2c3d 192.0.2.1 198.51.100.7 49152 443 6 20 4249 1700000010 1700000070 ACCEPT OK\n"


def records_seeds():
    text = HEADER + LINE + LINE.replace(b"ACCEPT", b"REJECT")
    yield "gzip", gz(text)
    yield "gzip-two-members", gz(text[:150]) + gz(text[150:])
    yield "gzip-cut-off", gz(text * 40)[:-20]
    yield "gzip-wrong-checksum", gz(text)[:-8] + bytes(4) + gz(text)[-4:]
    yield "gzip-in-gzip", gz(gz(text))
    yield "gzip-empty", gz(b"")
    yield "gzip-line-too-long", gz(HEADER + b"x" * 65537 + b"\n" + LINE)
    yield "gzip-longest-line", gz(b"instance-id\n" + b"x" * 65536 + b"\n")
    yield "byte-order-mark", b"\xef\xbb\xbf" + text
    yield "carriage-returns", text.replace(b"\n", b"\r\n") + b"\r\n\r\n" + LINE.strip()
    yield "not-utf8", HEADER + LINE.replace(b"eni-0a1b2c3d", b"eni-\xff\xfe") + LINE
    yield "nul-bytes", HEADER + LINE.replace(b"443", b"\0\0\0")


def main():
    for target, seeds in [("pcap", pcap_seeds), ("pcapng", pcapng_seeds), ("records", records_seeds)]:
        directory = CORPUS / target
        directory.mkdir(parents=True, exist_ok=True)
        for name, content in seeds():
            (directory / name).write_bytes(content)


if __name__ == "__main__":
    main()
