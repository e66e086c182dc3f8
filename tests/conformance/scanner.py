"""Scans all TCP ports of a guest: one SYN to each, each from an address and a port of its own."""

import contextlib
import random
import socket
import struct
import sys
import time

from ping import checksum

# What benchmarks may use (RFC 2544): 131,072 addresses.
SCANNERS = "198.18.0.0/15"
FIRST = int.from_bytes(socket.inet_aton(SCANNERS.split("/")[0]), "big")


def syn(source, destination, srcport, dstport):
    """An IPv4 packet with a SYN; its checksums are right."""
    segment = struct.pack("!HHIIBBHHH", srcport, dstport, 1, 0, 0x50, 0x02, 1024, 0, 0)
    sum_of_segment = checksum(source + destination + struct.pack("!HH", socket.IPPROTO_TCP, len(segment)) + segment)
    segment = segment[:16] + struct.pack("!H", sum_of_segment) + segment[18:]
    header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(segment), 1, 0, 64, socket.IPPROTO_TCP, 0) + source + destination
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + segment


def scan(device, hardware, target, rate):
    """Returns how many SYNs were sent, at this rate a second."""
    dice = random.Random(7)
    destination = socket.inet_aton(target)
    ethernet = bytes.fromhex(hardware.replace(":", "")) + b"\2\0\0\0\0\2\x08\0"
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as out:
        out.bind((device, 0x0800))
        began = time.monotonic()
        for sent, port in enumerate(dice.sample(range(65536), 65536)):
            source = (FIRST + dice.randrange(1 << 17)).to_bytes(4, "big")
            packet = ethernet + syn(source, destination, dice.randrange(1024, 65536), port)
            # Who sends may be told of a refusal: the packet came as far as the rules.
            with contextlib.suppress(OSError):
                out.send(packet)
            if (early := sent / rate - (time.monotonic() - began)) > 0.002:
                time.sleep(early)
    return 65536


if __name__ == "__main__":
    print(scan(*sys.argv[1:4], int(sys.argv[4])))
