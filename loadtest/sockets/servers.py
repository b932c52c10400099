"""The servers that loadtest/sockets compares: Tidemark, what Debian has, and the echo as the floor.

Each serves one and the same zone on 127.0.0.1 with one thread for UDP, as light as its own options
make it: no logs of queries, no rate limits, minimal responses. A server that is not installed is
left out.
"""

import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time

SIDE = 1000  # of each kind of name beside the hosts
DEADLINE_S = 300.0
os.environ["PATH"] += ":/usr/sbin:/usr/local/sbin"


def write_zone(path, names):
    with open(path, "w", encoding="ascii") as out:
        out.write("$ORIGIN bench.test.\n$TTL 300\n@ SOA ns.bench.test. admin.bench.test. "
                  "1 7200 900 1209600 300\n@ NS ns\nns A 192.0.2.53\n")
        for i in range(SIDE):
            out.write(f"alias{i} CNAME h{i % names:07}\ncut{i} NS ns.cut{i}\n"
                      f"ns.cut{i} A 192.0.2.54\n*.wild{i} A 192.0.2.55\n")
        for i in range(names):
            out.write(f"h{i:07} A 10.{i >> 16 & 255}.{i >> 8 & 255}.{i & 255}\n")


def free_port():
    """Of both UDP and TCP."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one, socket.socket() as other:
            one.bind(("127.0.0.1", 0))
            try:
                other.bind(one.getsockname())
            except OSError:
                continue
            return one.getsockname()[1]


def tree(pid):
    """The process and all below it."""
    found = [pid]
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        try:
            for child in (task / "children").read_text().split():
                found += tree(int(child))
        except OSError:
            continue
    return found


class Server:
    """A process with a zone in a folder of its own, on one core if `core` is given."""

    name = "server"
    binary = ""

    def __init__(self, zone, core=None):
        self.zone, self.core = pathlib.Path(zone), core
        self.folder = tempfile.TemporaryDirectory(prefix="tidemark-sockets-")
        self.path = pathlib.Path(self.folder.name)
        self.port = 0

    @classmethod
    def found(cls):
        return shutil.which(cls.binary) is not None

    def command(self):
        raise NotImplementedError

    def __enter__(self):
        self.port = free_port()
        pin = ["taskset", "-c", str(self.core)] if self.core is not None else []
        begin = time.monotonic()
        with open(self.path / "said", "wb") as said:
            self.child = subprocess.Popen(pin + self.command(), stdout=said, stderr=said,
                                          stdin=subprocess.DEVNULL, cwd=self.path)
        try:
            self.wait()
        except BaseException:
            self.__exit__()
            raise
        self.started_s = time.monotonic() - begin
        return self

    def wait(self):
        query = struct.pack(">6H", 7, 0, 1, 0, 0, 0) + b"\x02ns\5bench\4test\0\0\1\0\1"
        end = time.monotonic() + DEADLINE_S
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.settimeout(0.02)
            udp.connect(("127.0.0.1", self.port))
            while time.monotonic() < end:
                if self.child.poll() is not None:
                    raise RuntimeError(f"{self.name} ended: {self.said()}")
                try:
                    udp.send(query)
                    reply = udp.recv(2048)
                except OSError:
                    time.sleep(0.002)
                    continue
                if reply[3] & 15 == 0 and reply[7] == 1 or self.name.startswith("echo"):
                    return
        raise RuntimeError(f"{self.name} does not answer: {self.said()}")

    def said(self):
        return (self.path / "said").read_text(errors="replace")[-2000:]

    def __exit__(self, *_):
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)
            try:
                self.child.wait(20)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait(20)
        self.folder.cleanup()

    def cpu_ns(self):
        total = 0
        for pid in tree(self.child.pid):
            for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
                total += int((task / "schedstat").read_text().split()[0])
        return total

    def pss_octets(self):
        total = 0
        for pid in tree(self.child.pid):
            for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
        return total


class Tidemark(Server):
    name = "tidemark"
    rate_limit = "off"
    bin = None

    @classmethod
    def found(cls):
        return cls.bin is not None

    def command(self):
        return [str(self.bin / "bin/tidemark"), "serve", "--zone-file", str(self.zone), "--listen",
                f"127.0.0.1:{self.port}", "--workers", "1", "--rate-limit", self.rate_limit]


class TidemarkCounting(Tidemark):
    """With the rate limits that it comes with: counted, and judged in dry-run."""

    name = "tidemark, rate limit dry-run"
    rate_limit = "dry-run"


class Echo(Tidemark):
    name = "echo"
    kind = "bare"

    def command(self):
        return [str(self.bin / "bench/echo"), self.kind]

    def wait(self):
        end = time.monotonic() + 10
        while "port" not in self.said():
            if time.monotonic() > end:
                raise RuntimeError("echo does not say its port")
            time.sleep(0.01)
        self.port = int(self.said().split()[1])


class EchoAsio(Echo):
    name = "echo under Asio"
    kind = "asio"


class Knot(Server):
    name, binary = "Knot DNS", "knotd"

    def command(self):
        (self.path / "knot.conf").write_text(f"""
server:
    listen: 127.0.0.1@{self.port}
    rundir: {self.path}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
log:
  - target: stderr
    any: warning
database:
    storage: {self.path}
zone:
  - domain: bench.test
    file: {self.zone}
    zonefile-sync: -1
    journal-content: none
    semantic-checks: off
""")
        return ["knotd", "-c", str(self.path / "knot.conf")]


class Nsd(Server):
    name, binary = "NSD", "nsd"

    def command(self):
        (self.path / "nsd.conf").write_text(f"""
server:
    ip-address: 127.0.0.1@{self.port}
    server-count: 1
    reuseport: yes
    minimal-responses: yes
    rrl-ratelimit: 0
    rrl-whitelist-ratelimit: 0
    username: ""
    zonesdir: "{self.path}"
    database: ""
    pidfile: "{self.path}/nsd.pid"
    xfrdfile: "{self.path}/xfrd.state"
    zonelistfile: "{self.path}/zone.list"
    xfrdir: "{self.path}"
remote-control:
    control-enable: no
zone:
    name: bench.test
    zonefile: {self.zone}
""")
        return ["nsd", "-d", "-c", str(self.path / "nsd.conf")]


class Gdnsd(Server):
    name, binary = "gdnsd", "gdnsd"

    def command(self):
        (self.path / "zones").mkdir()
        shutil.copy(self.zone, self.path / "zones/bench.test")
        (self.path / "run").mkdir()
        (self.path / "state").mkdir()
        (self.path / "config").write_text(f"""
options => {{
  listen => [ "127.0.0.1:{self.port}" ]
  udp_threads => 1
  tcp_threads => 1
  run_dir => "{self.path}/run"
  state_dir => "{self.path}/state"
}}
""")
        return ["gdnsd", "-c", str(self.path), "start"]


class Bind(Server):
    name, binary = "BIND", "named"

    def command(self):
        (self.path / "named.conf").write_text(f"""
options {{
  directory "{self.path}";
  listen-on port {self.port} {{ 127.0.0.1; }};
  listen-on-v6 {{ none; }};
  recursion no;
  minimal-responses yes;
  pid-file none;
  session-keyfile none;
  dnssec-validation no;
  notify no;
}};
controls {{ }};
logging {{ category default {{ null; }}; }};
zone "bench.test" {{ type primary; file "{self.zone}"; }};
""")
        return ["named", "-f", "-n", "1", "-c", str(self.path / "named.conf")]


class PowerDns(Server):
    name, binary = "PowerDNS", "pdns_server"

    def command(self):
        (self.path / "named.conf").write_text(
            f'zone "bench.test" {{ type master; file "{self.zone}"; }};\n')
        (self.path / "pdns.conf").write_text(f"""
launch=bind
bind-config={self.path}/named.conf
local-address=127.0.0.1
local-port={self.port}
receiver-threads=1
distributor-threads=1
reuseport=yes
socket-dir={self.path}
guardian=no
daemon=no
loglevel=3
""")
        return ["pdns_server", f"--config-dir={self.path}"]


FLOORS = [Echo, EchoAsio]
PEERS = [Gdnsd, Knot, Nsd, Bind, PowerDns]
ALL = [*FLOORS, Tidemark, TidemarkCounting, *PEERS]
