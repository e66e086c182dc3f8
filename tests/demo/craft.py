#!/usr/bin/env python3
"""Writes a capture of what a web server, an application server, a customer and a scanner say: craft.py FILE."""

import socket
import struct
import sys

WEB = "10.0.1.10"
APP = "10.0.2.10"
ROUTER = "10.0.1.1"
CUSTOMER = "198.51.100.20"
SCANNER = "203.0.113.66"

REQUEST = b"GET / HTTP/1.0\r\n\r\n"
ANSWER = b"HTTP/1.0 200 OK\r\n\r\nhello\n"
QUERY = b"\x00\x01\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x04demo\x00\x00\x01\x00\x01"
REPLY = b"\x00\x01\x81\x80" + QUERY[4:]


def pcap(packets):
    """Returns a pcap file of Ethernet frames with their times in nanoseconds."""
    parts = [struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, 1)]
    for time_ns, frame in packets:
        parts.append(struct.pack("<IIII", *divmod(time_ns, 10**9), len(frame), len(frame)))
        parts.append(frame)
    return b"".join(parts)


MAC_OF_WEB = bytes.fromhex("02000000010a")
MAC_OF_ROUTER = bytes.fromhex("020000000101")
# 2026-01-31T12:00:00Z: the same records in every run.
BEGINNING = 1769860800

FIN, SYN, PSH, ACK = 1, 2, 8, 16
ICMP, TCP, UDP = 1, 6, 17


class Wire:
    """Frames as the web server's interface sees them, some milliseconds apart."""

    def __init__(self):
        self.packets = []
        self.time_ns = BEGINNING * 10**9

    def frame(self, source, destination, ethertype, payload):
        self.packets.append((self.time_ns, destination + source + struct.pack("!H", ethertype) + payload))
        self.time_ns += 7_000_000

    def ip(self, src, dst, protocol, payload):
        macs = (MAC_OF_WEB, MAC_OF_ROUTER) if src == WEB else (MAC_OF_ROUTER, MAC_OF_WEB)
        header = struct.pack(
            "!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), len(self.packets), 0x4000, 63, protocol, 0,
            socket.inet_aton(src), socket.inet_aton(dst),
        )
        header = header[:10] + checksum(header) + header[12:]
        self.frame(*macs, 0x0800, header + payload)

    def tcp(self, src, dst, srcport, dstport, flags, payload=b"", seq=0, ack=0):
        segment = struct.pack("!HHIIBBHHH", srcport, dstport, seq, ack, 5 << 4, flags, 64240, 0, 0)
        segment += payload
        sum_of_all = checksum(pseudo_header(src, dst, TCP, segment) + segment)
        self.ip(src, dst, TCP, segment[:16] + sum_of_all + segment[18:])

    def udp(self, src, dst, srcport, dstport, payload):
        datagram = struct.pack("!HHHH", srcport, dstport, 8 + len(payload), 0) + payload
        sum_of_all = checksum(pseudo_header(src, dst, UDP, datagram) + datagram)
        self.ip(src, dst, UDP, datagram[:6] + sum_of_all + datagram[8:])

    def echo(self, src, dst, kind, sequence):
        message = struct.pack("!BBHHH", kind, 0, 0, 7, sequence) + bytes(56)
        self.ip(src, dst, ICMP, message[:2] + checksum(message) + message[4:])

    def arp(self):
        question = struct.pack(
            "!HHBBH6s4s6s4s", 1, 0x0800, 6, 4, 1, MAC_OF_ROUTER, socket.inet_aton(ROUTER), bytes(6),
            socket.inet_aton(WEB),
        )
        answer = struct.pack(
            "!HHBBH6s4s6s4s", 1, 0x0800, 6, 4, 2, MAC_OF_WEB, socket.inet_aton(WEB), MAC_OF_ROUTER,
            socket.inet_aton(ROUTER),
        )
        self.frame(MAC_OF_ROUTER, b"\xff" * 6, 0x0806, question)
        self.frame(MAC_OF_WEB, MAC_OF_ROUTER, 0x0806, answer)

    def ping(self, src, dst, count):
        for sequence in range(1, count + 1):
            self.echo(src, dst, 8, sequence)
            self.echo(dst, src, 0, sequence)

    def fetch(self, src, srcport):
        out, back = (src, WEB, srcport, 443), (WEB, src, 443, srcport)
        asked, answered = 1 + len(REQUEST), 1 + len(ANSWER)
        self.tcp(*out, SYN)
        self.tcp(*back, SYN | ACK, ack=1)
        self.tcp(*out, ACK, seq=1, ack=1)
        self.tcp(*out, PSH | ACK, REQUEST, seq=1, ack=1)
        self.tcp(*back, ACK, seq=1, ack=asked)
        self.tcp(*back, PSH | ACK, ANSWER, seq=1, ack=asked)
        self.tcp(*out, ACK, seq=asked, ack=answered)
        self.tcp(*out, FIN | ACK, seq=asked, ack=answered)
        self.tcp(*back, FIN | ACK, seq=answered, ack=asked + 1)
        self.tcp(*out, ACK, seq=asked + 1, ack=answered + 1)


def pseudo_header(src, dst, protocol, payload):
    return socket.inet_aton(src) + socket.inet_aton(dst) + struct.pack("!BBH", 0, protocol, len(payload))


def checksum(octets):
    """The internet checksum (RFC 1071)."""
    octets += bytes(len(octets) % 2)
    total = sum(struct.unpack(f"!{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return struct.pack("!H", ~total & 0xFFFF)


def craft(path):
    wire = Wire()
    wire.arp()
    wire.ping(APP, WEB, 3)
    wire.ping(WEB, ROUTER, 1)
    wire.fetch(APP, 40100)
    wire.udp(APP, WEB, 40200, 53, QUERY)
    wire.udp(WEB, APP, 53, 40200, REPLY)
    wire.tcp(APP, WEB, 40300, 8080, SYN)
    wire.fetch(CUSTOMER, 50100)
    wire.udp(CUSTOMER, WEB, 50200, 53, QUERY)
    wire.tcp(SCANNER, WEB, 50300, 22, SYN)
    wire.tcp(SCANNER, WEB, 50301, 443, SYN)
    with open(path, "wb") as file:
        file.write(pcap(wire.packets))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    craft(sys.argv[1])
