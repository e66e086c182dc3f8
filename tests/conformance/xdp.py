"""An XDP program that drops all that a device receives, before anything else sees it."""

import contextlib
import ctypes
import os
import platform
import socket
import struct

SYSCALL = {"x86_64": 321, "aarch64": 280}[platform.machine()]
PROG_LOAD, LINK_CREATE = 5, 28
XDP, AT_XDP = 6, 37
GENERIC = 1 << 1
# r0 = XDP_DROP; exit
DROP = struct.pack("=BBhi", 0xB7, 0, 0, 1) + struct.pack("=BBhi", 0x95, 0, 0, 0)


def bpf(command, attributes):
    # Zeros are what the kernel takes for what is not given.
    buffer = ctypes.create_string_buffer(attributes.ljust(128, b"\0"), 128)
    result = ctypes.CDLL(None, use_errno=True).syscall(SYSCALL, command, buffer, len(buffer))
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


@contextlib.contextmanager
def dropping(device):
    """Drops what the device receives, as long as this lasts."""
    code, terms = ctypes.create_string_buffer(DROP, len(DROP)), ctypes.create_string_buffer(b"GPL")
    load = struct.pack("=IIQQ", XDP, len(DROP) // 8, ctypes.addressof(code), ctypes.addressof(terms))
    program = bpf(PROG_LOAD, load)
    link = bpf(LINK_CREATE, struct.pack("=IIII", program, socket.if_nametoindex(device), AT_XDP, GENERIC))
    try:
        yield
    finally:
        os.close(link)
        os.close(program)
