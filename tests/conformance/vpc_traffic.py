"""Traffic between places of a `vpc_lab`, and what became of it by those who sent and those who should get it."""

import contextlib
import os
import socket
import struct
import threading
import time

from ping import checksum

# Longer than an answer takes here, shorter than a second try of TCP.
PATIENCE = 0.8
# What became of an attempt. What is refused never arrived.
ANSWERED, UNANSWERED, REFUSED = "answered", "arrived, but no answer came back", "refused"
SO_RCVBUFFORCE = 33


def parse(text):
    """Address and port of `10.0.1.5:22` or `[fd00::5]:22`."""
    address, _, port = text.rpartition(":")
    return address.strip("[]"), int(port)


def family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


class Session:
    """A TCP connection between two places, both ends of which are here.

    `seen` are source and target as the target sees them, if that is otherwise than the source does."""

    def __init__(self, vpc, source, target, seen=None):
        self.client, self.server = None, None
        (own, own_port), there = parse(source), parse(target)
        self.seen = seen or (source, target)
        listens = parse(self.seen[1])
        self.receiver = vpc.place(listens[0])
        with self.receiver.socket(family(listens[0]), socket.SOCK_STREAM) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(listens)
            listener.listen()
            listener.settimeout(PATIENCE)
            self.client = vpc.place(own).socket(family(own), socket.SOCK_STREAM)
            self.client.settimeout(PATIENCE)
            self.client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.client.bind((own, own_port))
            try:
                self.client.connect(there)
            except TimeoutError:
                return
            self.server, _ = listener.accept()
            self.server.settimeout(PATIENCE)

    def outcome(self):
        if self.server:
            return ANSWERED
        return UNANSWERED if " > ".join(self.seen) in self.receiver.look() else REFUSED

    def carries(self):
        """Whether what the client sends still arrives, and the answer too."""
        try:
            self.client.sendall(b"question")
            if self.server.recv(100) != b"question":
                return False
            self.server.sendall(b"answer")
            return self.client.recv(100) == b"answer"
        except TimeoutError:
            return False

    def close(self):
        """Ends it without a word more than one reset of each end."""
        for end in (self.client, self.server):
            if end:
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                end.close()


def tcp(vpc, source, target, seen=None):
    """What becomes of a connection."""
    session = Session(vpc, source, target, seen)
    try:
        return session.outcome()
    finally:
        session.close()


def udp(vpc, source, target):
    """What becomes of a datagram that its receiver would answer."""
    (own, own_port), (other, other_port) = parse(source), parse(target)
    receiver = vpc.place(other)
    with vpc.place(own).socket(family(own), socket.SOCK_DGRAM) as asks:
        with receiver.socket(family(other), socket.SOCK_DGRAM) as answers:
            asks.bind((own, own_port))
            answers.bind((other, other_port))
            for end in (asks, answers):
                end.settimeout(PATIENCE)
            asks.sendto(b"question", (other, other_port))
            try:
                _, where = answers.recvfrom(100)
                answers.sendto(b"answer", where)
                return ANSWERED if asks.recv(100) == b"answer" else UNANSWERED
            except TimeoutError:
                return UNANSWERED if f"{source} > {target}" in receiver.look() else REFUSED


def ping(vpc, source, target):
    """What becomes of an echo request."""
    rest = struct.pack("!HH", os.getpid() & 0xFFFF, 1) + b"flowlogd" * 7
    request = struct.pack("!BBH", 8, 0, checksum(struct.pack("!BBH", 8, 0, 0) + rest)) + rest
    with vpc.place(source).socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as asks:
        asks.bind((source, 0))
        asks.settimeout(PATIENCE)
        asks.sendto(request, (target, 0))
        try:
            while True:
                packet, (sender, _) = asks.recvfrom(2048)
                if (sender, packet[20]) == (target, 0):
                    return ANSWERED
        except TimeoutError:
            return UNANSWERED if f"{source} > {target}" in vpc.place(target).look() else REFUSED


class Stream:
    """Numbered datagrams of peers to (guest, port)s in turn, at an even pace. Those that arrive are kept by their numbers.

    Each is from an address and port of its own, so that none is of a connection that another one opened; or all are from one."""

    RATE = 2000
    FIRST_PORT, PORTS = 10_000, 50_000

    def __init__(self, vpc, *targets, one_source=False):
        self.one_source = one_source
        self.targets = [(guest.addresses[0], port) for guest, port in targets]
        self.guests = list(dict.fromkeys(guest for guest, _ in targets))
        self.sent_at, self.arrived = [], []
        self.stop = threading.Event()
        self.out = vpc.peers.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        self.receivers = []
        for guest, port in targets:
            receiver = guest.socket(socket.AF_INET, socket.SOCK_DGRAM)
            # All of a minute has room.
            receiver.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 27)
            receiver.bind((guest.addresses[0], port))
            receiver.setblocking(False)
            self.receivers.append(receiver)
        self.thread = threading.Thread(target=self._send, daemon=True)
        self.thread.start()

    @property
    def sent(self):
        return len(self.sent_at)

    def target(self, number):
        return self.targets[number % len(self.targets)]

    def source(self, number):
        block, port = (0, 0) if self.one_source else divmod(number, self.PORTS)
        return f"172.16.0.{1 + block}", self.FIRST_PORT + port

    def _send(self):
        began = time.monotonic()
        while not self.stop.is_set():
            while self.sent < (time.monotonic() - began) * self.RATE:
                (source, srcport), (target, port) = self.source(self.sent), self.target(self.sent)
                header = struct.pack("!BBHHHBBH", 0x45, 0, 36, 1, 0, 64, 17, 0)
                datagram = struct.pack("!HHHHQ", srcport, port, 16, 0, self.sent)
                packet = header + socket.inet_aton(source) + socket.inet_aton(target) + datagram
                self.out.sendto(packet, (target, 0))
                self.sent_at.append(time.monotonic())
            time.sleep(0.002)

    def look(self):
        """Reads what has arrived. Returns the numbers."""
        for receiver in self.receivers:
            with contextlib.suppress(BlockingIOError):
                while True:
                    self.arrived.append(struct.unpack("!Q", receiver.recv(100))[0])
        return self.arrived

    def end(self):
        """Ends sending, waits for the last to arrive, and returns how many were sent."""
        self.stop.set()
        self.thread.join()
        time.sleep(0.3)
        self.look()
        for end in (self.out, *self.receivers):
            end.close()
        return self.sent
