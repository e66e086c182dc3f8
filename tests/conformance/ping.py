"""`ping -c 1 ADDRESS` for machines that have none. Needs root."""

import os
import socket
import struct
import sys
import time

ECHO_REQUEST, ECHO_REPLY = 8, 0


def checksum(message):
    total = sum(struct.unpack(f"!{len(message) // 2}H", message))
    total = (total & 0xFFFF) + (total >> 16)
    return ~(total + (total >> 16)) & 0xFFFF


def ping(address, seconds=5):
    """Whether the address answered."""
    identifier = os.getpid() & 0xFFFF
    rest = struct.pack("!HH", identifier, 1) + b"flowlogd" * 7
    request = struct.pack("!BBH", ECHO_REQUEST, 0, checksum(struct.pack("!BBH", ECHO_REQUEST, 0, 0) + rest)) + rest
    deadline = time.monotonic() + seconds
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as connection:
        connection.sendto(request, (address, 0))
        while (left := deadline - time.monotonic()) > 0:
            connection.settimeout(left)
            try:
                packet, (sender, _) = connection.recvfrom(2048)
            except TimeoutError:
                break
            header = (packet[0] & 15) * 4
            kind, answered = packet[header], struct.unpack_from("!H", packet, header + 4)[0]
            if (sender, kind, answered) == (address, ECHO_REPLY, identifier):
                return True
    return False


if __name__ == "__main__":
    if sys.argv[1:3] != ["-c", "1"] or len(sys.argv) != 4:
        sys.exit("usage: ping -c 1 ADDRESS")
    sys.exit(0 if ping(sys.argv[3]) else 1)
