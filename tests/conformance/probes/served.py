"""A real `tidemark serve` on loopback, and the ways to ask it: dig, kdig, raw datagrams, TCP.

One worker: what comes from one socket is answered in order, so silence is shown without waiting:
the reply that comes next is the one to the next question.
"""

import pathlib
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import unittest

import dns.flags
import dns.message
import dns.rdatatype

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests/integration"))
from fleet import BIN, Process, request, wait_until  # noqa: E402

ZONE = """$ORIGIN probe.test.
$TTL 300
@        3600 SOA ns1 hostmaster 7 7200 900 1209600 60
@             NS   ns1
@             NS   ns.else.test.
ns1           A    192.0.2.53
ns1           AAAA 2001:db8::53
www           A    192.0.2.2
www           A    192.0.2.1
www           TXT  "hello"
alias         CNAME www
a.ent         A    192.0.2.9
*.wild        TXT  "anything"
cut           NS   ns.cut
cut           NS   ns.other
ns.cut        A    192.0.2.67
ns.other      A    192.0.2.69
other         NS   ns.other
moved         DNAME www.probe.test.
mail          MX   10 www
service       SRV  1 2 53 www
@             DNSKEY 257 3 13 {key}
"""
CHILD = """$ORIGIN child.probe.test.
@ 300 SOA ns1 hostmaster 9 7200 900 1209600 60
@ 300 NS ns1.probe.test.
www 300 A 192.0.2.5
"""
# 60 A: 12 + 19 + 60 x 16 > 512, < 1232. 100 TXT of 200 octets: more than UDP ever carries.
BIG = "\n".join(
    ["$ORIGIN big.test.", "@ 60 SOA a b 3 2 3 4 5", "@ 60 NS ns.other.test."]
    + [f"many 60 A 10.0.0.{i}" for i in range(60)]
    + [f'huge 60 TXT "{i}{"x" * 200}"' for i in range(100)]
    + [f"cut 60 NS ns{i}.cut" for i in range(40)]
    + [f"ns{i}.cut 60 A 10.1.0.{i}" for i in range(40)]) + "\n"
KEY = "ABEiM0RVZneImaq7zN3u/wARIjNEVWZ3iJmqu8zd7v8AESIzRFVmd4iZqrvM3e7/ABEiM0RVZneImaq7zN3u/w=="

UDP, TCP = "udp", "tcp"
CASES = {  # what the two transports must have in common
    UDP: lambda served, packet: served.udp(packet),
    TCP: lambda served, packet: served.tcp(packet),
}


def name_wire(text):
    """Octets of a name as written: letter case kept, no escapes."""
    labels = [label for label in text.rstrip(".").split(".") if label]
    return b"".join(bytes([len(label)]) + label.encode() for label in labels) + b"\0"


def question(name, kind=1, rr_class=1):
    return (name if isinstance(name, bytes) else name_wire(name)) + struct.pack(
        "!HH", kind, rr_class)


def option(code, value=b""):
    return struct.pack("!HH", code, len(value)) + value


def opt(payload=1232, version=0, flags=0, options=b"", owner=b"\0"):
    return owner + struct.pack("!HHBBHH", 41, payload, 0, version, flags, len(options)) + options


def packet(*asked, flags=0, ident=0x1234, opcode=0, counts=None, tail=b"", additional=0):
    """A message: header, questions, then `tail` as it is."""
    counted = counts or (len(asked), 0, 0, additional)
    return struct.pack("!HH4H", ident, flags | opcode << 11, *counted) + b"".join(asked) + tail


def edns_packet(*asked, flags=0, **of_opt):
    return packet(*asked, flags=flags, additional=1, tail=opt(**of_opt))


class Reply:
    """Octets of one response and what the header says."""

    def __init__(self, wire):
        self.wire = wire
        self.ident, self.bits, *self.counts = struct.unpack("!HH4H", wire[:12])
        self.opcode = self.bits >> 11 & 15
        self.header_rcode = self.bits & 15

    def flag(self, bit):
        return bool(self.bits & bit)

    @property
    def aa(self):
        return self.flag(dns.flags.AA)

    @property
    def tc(self):
        return self.flag(dns.flags.TC)

    @property
    def message(self):  # as an independent parser reads it
        return dns.message.from_wire(self.wire)

    @property
    def rcode(self):
        return self.message.rcode()

    @property
    def has_opt(self):
        return self.message.edns >= 0

    def option(self, code):
        for found in self.message.options:
            if int(found.otype) == code:
                return found.to_wire()
        return None

    def records(self, section):
        return sorted(f"{rrset.name} {rrset.ttl} {dns.rdatatype.to_text(rrset.rdtype)} {rdata}"
                      for rrset in getattr(self.message, section) for rdata in rrset)

    def header_only(self):
        return len(self.wire) == 12 and self.counts == [0, 0, 0, 0]


class Served:
    def __init__(self, zones, *arguments):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tidemark-probes-"))
        files = []
        for index, text in enumerate(zones):
            file = self.folder / f"{index}.zone"
            file.write_text(text)
            files += ["--zone-file", file]
        self.process = Process("serve", [
            BIN / "tidemark", "serve", *files, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0",
            "--workers", 1, *arguments], self.folder).start()
        self._sockets = []
        try:
            wait_until(lambda: "ready\n" in self._log() or not self.process.running(),
                       "serve is ready")
            assert self.process.running(), self.process.tail()
        except BaseException:
            self.stop()
            raise
        self.port = int(re.search(r"listening on 127\.0\.0\.1:(\d+)", self._log())[1])
        self.admin = int(re.search(r"admin on 127\.0\.0\.1:(\d+)", self._log())[1])

    def _log(self):
        return self.process.log.read_text()

    def stop(self):
        for one in self._sockets:
            one.close()
        self.process.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def metric(self, name):
        """The sum over all series whose name and labels begin with `name`."""
        body = request(self.admin, "GET", "/metrics", timeout=5).body
        return sum(float(line.rsplit(" ", 1)[1]) for line in body.splitlines()
                   if line.startswith(name))

    # Octets in, octets out.

    def socket(self, kind):
        made = socket.socket(socket.AF_INET, kind)
        made.settimeout(10)  # a reply that does not come is a failure, not a wait
        self._sockets.append(made)
        made.connect(("127.0.0.1", self.port))
        return made

    def udp(self, message):
        with self.socket(socket.SOCK_DGRAM) as client:
            client.send(message)
            return Reply(client.recv(65535))

    def tcp(self, message):
        with self.socket(socket.SOCK_STREAM) as client:
            client.sendall(struct.pack("!H", len(message)) + message)
            return Reply(receive_tcp(client))

    def is_silent(self, message, then=None):
        """True if the next reply on the socket is the one to the question that came after."""
        with self.socket(socket.SOCK_DGRAM) as client:
            client.send(message)
            client.send(then or packet(question("www.probe.test"), ident=0x7e57))
            first = Reply(client.recv(65535))
            return first.ident == 0x7e57 and first.counts[1] == 2

    # The tools of others.

    def dig(self, *arguments, tool="dig"):
        where = ["@127.0.0.1", "-p", str(self.port)]
        quick = ["+timeout=5", "+tries=1"] if tool == "dig" else ["+timeout=5", "+retry=0"]
        done = subprocess.run([tool, *where, *quick, *arguments], capture_output=True, text=True,
                              timeout=30)
        assert done.returncode == 0, f"{tool} {arguments}: {done.stdout}{done.stderr}"
        return done.stdout


def receive_tcp(client):
    """One message; empty when the server closed."""
    head = receive_exactly(client, 2)
    return receive_exactly(client, struct.unpack("!H", head)[0]) if head else b""


def receive_exactly(client, octets):
    got = b""
    while len(got) < octets:
        more = client.recv(octets - len(got))
        if not more:
            return b""
        got += more
    return got


class ServedTest(unittest.TestCase):
    """All tests of a class ask one server over the zones above."""

    arguments = ("--nsid", "probe-node")

    @classmethod
    def setUpClass(cls):
        cls.served = Served([ZONE.format(key=KEY), CHILD, BIG], *cls.arguments)
        cls.addClassCleanup(cls.served.stop)
