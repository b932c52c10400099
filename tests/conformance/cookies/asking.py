"""Asking with a COOKIE option, by hand: header, question, OPT; and what came back."""
import pathlib
import socket
import struct
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
for folder in ("tests/integration", "tests/differential"):
    sys.path.insert(0, str(ROOT / folder))

CLIENT = bytes.fromhex("3132333435363738")
NOERROR, BADCOOKIE = 0, 23
ORIGIN = "cookie.test"
ZONE = """$ORIGIN cookie.test.
@ 300 SOA a b 1 2 3 4 60
@ 300 NS ns.else.test.
www 300 A 192.0.2.1
"""


def query(cookie):
    name = b"\3www\6cookie\4test\0" + struct.pack("!HH", 1, 1)
    option = struct.pack("!HH", 10, len(cookie)) + cookie
    opt = b"\0" + struct.pack("!HHIH", 41, 1232, 0, len(option)) + option
    return struct.pack("!6H", 0x1234, 0, 1, 0, 0, 1) + name + opt


def skip_name(wire, at):
    while wire[at] != 0:
        if wire[at] & 0xc0:
            return at + 2
        at += wire[at] + 1
    return at + 1


def ask(port, cookie):
    """(rcode, cookie option of the answer)"""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(5)
        client.sendto(query(cookie), ("127.0.0.1", port))
        wire = client.recv(4096)
    counts = struct.unpack("!4H", wire[4:12])
    at = 12
    for _ in range(counts[0]):
        at = skip_name(wire, at) + 4
    rcode, found = wire[3] & 15, b""
    for _ in range(sum(counts[1:])):
        at = skip_name(wire, at)
        kind, _, ttl, octets = struct.unpack("!HHIH", wire[at:at + 10])
        rdata = wire[at + 10:at + 10 + octets]
        at += 10 + octets
        if kind != 41:
            continue
        rcode |= ttl >> 24 << 4
        while rdata:
            code, length = struct.unpack("!HH", rdata[:4])
            if code == 10:
                found = rdata[4:4 + length]
            rdata = rdata[4 + length:]
    return rcode, found
