"""Network namespaces of the tests' own, in which they may do what they like. They need root."""

import contextlib
import ctypes
import os
import subprocess
import warnings

import pytest

REQUIRED = os.environ.get("FLOWLOGD_REQUIRE_ROOT_TESTS") == "1"
CLONE_NEWNET = 0x40000000


def need_root(why):
    """Skips a test, and says so loudly; fails it where skipping is not allowed."""
    need(os.geteuid() == 0, why, "run the tests as root")


def need(there, why, remedy):
    """The same for whatever else a test needs."""
    if there:
        return
    if REQUIRED:
        pytest.fail(f"FLOWLOGD_REQUIRE_ROOT_TESTS=1, but {why}: {remedy}")
    warnings.warn(f"NOT TESTED: {why}", stacklevel=3)
    pytest.skip(why)


@contextlib.contextmanager
def new_namespace():
    """Moves this thread, and what it starts, into an empty network namespace, and back at the end."""
    libc = ctypes.CDLL(None, use_errno=True)

    def must(result):
        if result != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))

    before = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    must(libc.unshare(CLONE_NEWNET))
    try:
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        yield
    finally:
        must(libc.setns(before, CLONE_NEWNET))
        os.close(before)


def cable(one, other):
    """Lays a cable between two new devices of this namespace. Nothing but what is sent goes over it."""
    # Neighbour discovery and the like would be packets too.
    with open("/proc/sys/net/ipv6/conf/default/disable_ipv6", "w", encoding="ascii") as setting:
        setting.write("1")
    subprocess.run(["ip", "link", "add", one, "type", "veth", "peer", "name", other], check=True)
    for device in (one, other):
        subprocess.run(["ip", "link", "set", device, "up"], check=True)
