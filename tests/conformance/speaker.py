"""The helper process of a namespace: opens connections, answers those of others, and tells what arrived.

Reads one question a line, in JSON, and answers each with a line. What arrived is what the network stack delivers to
programs, past every filter: raw sockets see that. `guests.Speaker` is the other end.
"""

import contextlib
import errno
import json
import os
import resource
import selectors
import socket
import struct
import sys
import time

from ping import ECHO_REPLY, ECHO_REQUEST, checksum

# Python does not name these.
IP_PKTINFO, SO_RCVBUFFORCE = 8, 33
GREETING = b"hello"
# Room for an address beside a packet.
ANCILLARY_BYTES = 64


class IPv4:
    family, everywhere = socket.AF_INET, "0.0.0.0"
    protocols = {"tcp": socket.IPPROTO_TCP, "udp": socket.IPPROTO_UDP, "icmp": socket.IPPROTO_ICMP}
    request, reply = ECHO_REQUEST, ECHO_REPLY

    @staticmethod
    def tell_addresses(sock):
        sock.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)

    @staticmethod
    def from_address(address):
        """The ancillary data that makes a packet's source one of this machine's addresses."""
        return [(socket.IPPROTO_IP, IP_PKTINFO, struct.pack("=I4s4s", 0, socket.inet_aton(address), bytes(4)))]

    @staticmethod
    def own_address(ancillary):
        """Where a packet came to."""
        return socket.inet_ntoa(ancillary[0][2][8:12])

    @staticmethod
    def payload(packet):
        """What follows the IP header of a packet of a raw socket."""
        return packet[(packet[0] & 15) * 4 :]


class IPv6:
    family, everywhere = socket.AF_INET6, "::"
    protocols = {**IPv4.protocols, "icmp": socket.IPPROTO_ICMPV6}
    request, reply = 128, 129

    @staticmethod
    def tell_addresses(sock):
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)

    @staticmethod
    def from_address(address):
        packed = struct.pack("=16sI", socket.inet_pton(socket.AF_INET6, address), 0)
        return [(socket.IPPROTO_IPV6, socket.IPV6_PKTINFO, packed)]

    @staticmethod
    def own_address(ancillary):
        return socket.inet_ntop(socket.AF_INET6, ancillary[0][2][:16])

    @staticmethod
    def payload(packet):
        # The kernel keeps the header.
        return packet


def end(connection):
    """Ends a TCP connection at once, so that its ports are free again."""
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("=ii", 1, 0))
    connection.close()


class Speaker:
    def __init__(self, device, ip):
        self.ip = ip
        self.selector = selectors.DefaultSelector()
        self.servers, self.accepted = [], []
        # What this side has opened by protocol and port, and which of that stays open.
        self.connections, self.lasting = {}, set()
        # What the other side sent, each once, and which of this side's connections got their answer.
        self.arrived, self.answered = set(), set()
        self.pings = {}
        self.last = time.monotonic()
        self.raw = {}
        for name, number in ip.protocols.items():
            raw = socket.socket(ip.family, socket.SOCK_RAW, number)
            ip.tell_addresses(raw)
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
            raw.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20)
            self.raw[name] = raw
            self.watch(raw, lambda raw, name=name: self.hear(raw, name))

    def watch(self, sock, then, events=selectors.EVENT_READ):
        sock.setblocking(False)
        self.selector.register(sock, events, then)

    def forget(self, sock):
        self.selector.unregister(sock)
        end(sock)

    # ------------------------------------------------------------ what arrives

    def hear(self, raw, name):
        with contextlib.suppress(BlockingIOError):
            while True:
                packet, ancillary, _, (source, *_) = raw.recvmsg(2048, ANCILLARY_BYTES)
                packet, destination = self.ip.payload(packet), self.ip.own_address(ancillary)
                if name == "icmp":
                    kind, identifier = packet[0], struct.unpack_from("!H", packet, 4)[0]
                    if self.ip is IPv6 and 130 <= kind <= 143:
                        # Neighbour discovery and the like.
                        continue
                    if kind == self.ip.reply and (source, destination) == self.pings.get(identifier):
                        self.answered.add(("icmp", identifier))
                    ports = (identifier, kind)
                else:
                    ports = struct.unpack_from("!HH", packet)
                self.arrived.add((name, source, destination, *ports))
                self.last = time.monotonic()

    # ------------------------------------------------------------ serving

    def serve(self, tcp, udp):
        """Answers at these ports, at all addresses, and at no other."""
        while self.servers:
            self.forget(self.servers.pop())
        for port in tcp:
            server = socket.socket(self.ip.family)
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server.bind((self.ip.everywhere, port))
            server.listen(1024)
            self.servers.append(server)
            self.watch(server, self.accept)
        for port in udp:
            server = socket.socket(self.ip.family, socket.SOCK_DGRAM)
            self.ip.tell_addresses(server)
            server.bind((self.ip.everywhere, port))
            self.servers.append(server)
            self.watch(server, self.answer)

    def accept(self, server):
        with contextlib.suppress(BlockingIOError):
            while True:
                connection, _ = server.accept()
                self.accepted.append(connection)
                self.watch(connection, self.echo)

    def echo(self, connection):
        with contextlib.suppress(OSError):
            if heard := connection.recv(2048):
                connection.send(heard)
                return
        self.accepted.remove(connection)
        self.forget(connection)

    def answer(self, server):
        with contextlib.suppress(OSError):
            while True:
                message, ancillary, _, peer = server.recvmsg(2048, ANCILLARY_BYTES)
                own = self.ip.own_address(ancillary)
                server.sendmsg([message], self.ip.from_address(own), 0, peer)

    # ------------------------------------------------------------ asking

    def open(self, connections):
        """Begins connections, each with addresses and ports of its own: `[protocol, source, destination, port, port]`."""
        for protocol, source, destination, srcport, dstport in connections:
            if protocol == "icmp":
                self.pings[srcport] = (destination, source)
                self.ping(srcport)
            else:
                kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
                connection = socket.socket(self.ip.family, kind)
                connection.setblocking(False)
                connection.bind((source, srcport))
                connection.connect_ex((destination, dstport))
                name = (protocol, srcport)
                self.connections[name] = connection
                self.watch(connection, lambda sock, name=name: self.greet(sock, name), selectors.EVENT_WRITE)
            # What arrives meanwhile is not left waiting.
            self.turn(0)
        self.last = time.monotonic()

    def ping(self, identifier):
        destination, source = self.pings[identifier]
        rest = struct.pack("!HH", identifier, 1) + GREETING + b"!"
        # That of ICMPv6 is made by the kernel.
        request = struct.pack("!BBH", self.ip.request, 0, checksum(struct.pack("!BBH", self.ip.request, 0, 0) + rest))
        # Who sends may be told of a refusal.
        with contextlib.suppress(OSError):
            self.raw["icmp"].sendmsg([request + rest], self.ip.from_address(source), 0, (destination, 0))

    def resume(self, names):
        """Asks once more on what is still open."""
        for protocol, port in names:
            if protocol == "icmp":
                self.ping(port)
            else:
                with contextlib.suppress(OSError):
                    self.connections[protocol, port].send(GREETING)
            self.turn(0)
        self.last = time.monotonic()

    def greet(self, connection, name):
        """The connection is open, or has failed."""
        error = connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            self.settle(connection, name, error == errno.ECONNREFUSED)
            return
        # Who sends may be told that it was in vain.
        with contextlib.suppress(PermissionError):
            connection.send(GREETING)
        self.selector.modify(connection, selectors.EVENT_READ, lambda sock: self.listen(sock, name))

    def listen(self, connection, name):
        try:
            is_answer = connection.recv(2048) == GREETING
        except OSError as error:
            self.settle(connection, name, isinstance(error, ConnectionRefusedError))
            return
        if is_answer and name in self.lasting:
            self.note(name)
        else:
            self.settle(connection, name, is_answer)

    def settle(self, connection, name, answered):
        """Ends a connection. That nobody is there is an answer as well."""
        if answered:
            self.note(name)
        del self.connections[name]
        self.forget(connection)

    def note(self, name):
        """Notes an answer."""
        self.answered.add(name)
        self.last = time.monotonic()

    def close(self):
        """Ends what this side has opened, but for what lasts."""
        for name in self.connections.keys() - self.lasting:
            self.forget(self.connections.pop(name))
        self.pings = {port: ends for port, ends in self.pings.items() if ("icmp", port) in self.lasting}

    # ------------------------------------------------------------ the loop

    def turn(self, patience=None):
        # A question takes turns of its own, after which what is left of this one would be old.
        for key, _ in sorted(self.selector.select(patience), key=lambda ready: ready[0].fileobj is sys.stdin):
            # An earlier one of this turn may have closed it.
            if key.fileobj.fileno() >= 0:
                key.data(key.fileobj)

    def ask(self, question):
        """Answers a line of the standard input."""
        match question:
            case {"serve": ports}:
                self.serve(**ports)
            case {"open": connections}:
                self.open(connections)
            case {"begin": connections, "resume": names}:
                self.lasting |= {(protocol, port) for protocol, _, _, port, _ in connections}
                self.open(connections)
                self.resume(names)
            case {"keep": names}:
                self.lasting &= {tuple(name) for name in names}
                self.close()
            case {"silent": _}:
                # What has arrived already breaks the silence, however late this process comes to it.
                self.turn(0)
                return time.monotonic() - self.last
            case {"tell": _}:
                told = {"arrived": sorted(self.arrived), "answered": sorted(self.answered)}
                self.close()
                self.arrived, self.answered = set(), set()
                return told
        return None

    def run(self):
        os.set_blocking(0, False)
        lines, running = b"", True

        def read(_):
            nonlocal lines, running
            heard = os.read(0, 1 << 20)
            running = bool(heard)
            *whole, lines = (lines + heard).split(b"\n")
            for line in whole:
                print(json.dumps(self.ask(json.loads(line))), flush=True)

        self.selector.register(sys.stdin, selectors.EVENT_READ, read)
        print(json.dumps("ready"), flush=True)
        while running:
            self.turn()


if __name__ == "__main__":
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    Speaker(sys.argv[1], IPv4 if sys.argv[2] == "4" else IPv6).run()
