"""Guests: network namespaces at the far end of cables, and the processes that speak in them."""

import contextlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent


def inside(namespace):
    """The words before a command that run it in a named namespace; none for the test's own."""
    return ["ip", "netns", "exec", namespace] if namespace else []


def run(*command, namespace=None, text=None):
    done = subprocess.run([*inside(namespace), *command], input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
    return done.stdout


@contextlib.contextmanager
def named_namespace(name):
    """A namespace beside the test's own. Nothing but what tests send goes through its devices."""
    name = f"flowlogd-{name}-{os.getpid()}"
    run("ip", "netns", "add", name)
    try:
        run("sysctl", "-qw", "net.ipv6.conf.default.disable_ipv6=1", namespace=name)
        run("ip", "link", "set", "lo", "up", namespace=name)
        yield name
    finally:
        run("ip", "netns", "delete", name)


def connect_guest(guest, address, peers, device="eni0", host=None):
    """Lays a cable from a device of the namespace `host` to `eth0` of the namespace `guest`.

    The guest has the address, which is in a /20, of IPv6 in a /64, and the host all addresses of its peers.
    """
    own, peer_bits, everyone, more = ("/20", "/32", "0.0.0.0/0", "") if ":" not in address else ("/64", "/128", "::/0", " nodad")
    # However many errors there are, all are told.
    settings = [f"net.ipv6.conf.default.disable_ipv6={int(not more)}", "net.ipv4.icmp_ratemask=0", "net.ipv6.icmp.ratelimit=0"]
    for namespace in (host, guest):
        run("sysctl", "-qw", *settings, namespace=namespace)
    run("ip", "link", "add", device, "type", "veth", "peer", "name", "eth0", "netns", guest, namespace=host)
    orders = [f"address add {peer}{peer_bits} dev {device}{more}" for peer in peers]
    orders += [f"link set {device} up", f"route add {address}{peer_bits} dev {device}"]
    run("ip", "-batch", "-", namespace=host, text="\n".join(orders))
    orders = [f"address add {address}{own} dev eth0{more}", "link set eth0 up", f"route add {everyone} dev eth0"]
    run("ip", "-batch", "-", namespace=guest, text="\n".join(orders))


class Speaker:
    """A helper process in a namespace (speaker.py)."""

    def __init__(self, namespace, device, version=4):
        self.process = subprocess.Popen(
            [*inside(namespace), sys.executable, str(HERE / "speaker.py"), device, str(version)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.hear() == "ready"

    def hear(self):
        line = self.process.stdout.readline()
        assert line, "a speaker has ended"
        return json.loads(line)

    def tell(self, **question):
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()

    def ask(self, **question):
        self.tell(**question)
        return self.hear()

    def end(self):
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


def ask_all(questions):
    """Asks several speakers at a time: pairs of a speaker and its question."""
    for speaker, question in questions:
        speaker.tell(**question)
    return [speaker.hear() for speaker, _ in questions]


def wait_until_silent(speakers, seconds, limit=30):
    """Waits until nothing has arrived at any of the speakers for so long."""
    deadline = time.monotonic() + limit
    while (least := min(ask_all([(speaker, {"silent": True}) for speaker in speakers]))) < seconds:
        assert time.monotonic() < deadline, "it does not become silent"
        time.sleep(seconds - least + 0.01)
