"""Debian's authoritative servers and Tidemark, each on a free port of 127.0.0.1 with a folder of
its own. No service of the system is touched; every process is ended by its own pid."""
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import time

import names
import wire

START_S = 60.0
SBIN = os.environ.get("PATH", "") + ":/usr/sbin:/sbin:/usr/local/sbin"


class Missing(Exception):
    """A program is not installed; its text is a whole sentence."""


class Failed(Exception):
    """A server did not start; its text holds the end of its log."""


def find(program):
    found = shutil.which(program, path=SBIN)
    if found is None:
        raise Missing(f"{program} is not installed")
    return found


def free_port():
    """Free for UDP and for TCP."""
    while True:
        with socket.socket(type=socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
            udp.bind(("127.0.0.1", 0))
            try:
                tcp.bind(udp.getsockname())
            except OSError:
                continue
            return udp.getsockname()[1]


class Server:
    """One process that serves the files of a folder; subclasses say how it is started."""
    name = ""
    program = ""
    version_arguments = ["-V"]

    def __init__(self, folder):
        self.binary = find(self.program)
        self.folder = pathlib.Path(folder) / self.name
        self.folder.mkdir()
        self.log = self.folder / "log"
        self.child = None
        self.port = None

    def version(self):
        done = subprocess.run([self.binary, *self.version_arguments], capture_output=True,
                              text=True, check=False)
        found = re.search(r"\d+\.\d+\.\d+", done.stdout + done.stderr)
        return f"{self.name} {found.group() if found else '?'}"

    def arguments(self, files):
        """`files`: (origin as text without the final dot, path) each."""
        raise NotImplementedError

    def start(self, files):
        self.port = free_port()
        arguments = self.arguments(files)
        with open(self.log, "wb") as log:
            self.child = subprocess.Popen([self.binary, *arguments], cwd=self.folder, stdout=log,
                                          stderr=log, stdin=subprocess.DEVNULL)

    def stop(self):
        if self.child is None:
            return
        self.child.send_signal(signal.SIGTERM)
        try:
            self.child.wait(20)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
        self.child = None

    def tail(self):
        return f"{self.name}: " + "\n".join(self.log.read_text(errors="replace").splitlines()[-20:])

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path


class Tidemark(Server):
    name, program, version_arguments = "tidemark", "tidemark", ["--version"]

    def __init__(self, folder, binary=None):
        self.program = binary and str(pathlib.Path(binary).resolve()) or self.program
        super().__init__(folder)

    def arguments(self, files):
        arguments = ["serve", "--listen", f"127.0.0.1:{self.port}", "--workers", "1"]
        for _, path in files:
            arguments += ["--zone-file", str(path)]
        return arguments


class Knot(Server):
    name, program = "knot", "knotd"

    def arguments(self, files):
        zones = "".join(f'  - domain: "{origin}."\n    file: "{path}"\n' for origin, path in files)
        return ["-c", str(self.write("knot.conf", f"""
server:
    rundir: "{self.folder}"
    listen: 127.0.0.1@{self.port}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
control:
    listen: "{self.folder}/control"
database:
    storage: "{self.folder}"
template:
  - id: default
    storage: "{self.folder}"
    journal-content: none
    zonefile-load: whole
    zonefile-sync: -1
log:
  - target: stderr
    any: warning
zone:
{zones}"""))]


class Nsd(Server):
    name, program, version_arguments = "nsd", "nsd", ["-v"]

    def arguments(self, files):
        zones = "".join(f'zone:\n  name: "{origin}"\n  zonefile: "{path}"\n'
                        for origin, path in files)
        return ["-d", "-c", str(self.write("nsd.conf", f"""
server:
  ip-address: 127.0.0.1
  port: {self.port}
  server-count: 1
  username: ""
  database: ""
  zonesdir: "{self.folder}"
  zonelistfile: "{self.folder}/zone.list"
  xfrdfile: "{self.folder}/xfrd.state"
  xfrdir: "{self.folder}"
  pidfile: "{self.folder}/pid"
  minimal-responses: yes
  rrl-ratelimit: 0
  rrl-whitelist-ratelimit: 0
remote-control:
  control-enable: no
{zones}"""))]


class Bind(Server):
    name, program = "bind", "named"

    def arguments(self, files):
        zones = "".join(f'zone "{origin}" {{ type primary; file "{path}"; }};\n'
                        for origin, path in files)
        path = self.write("named.conf", f"""
options {{
  directory "{self.folder}";
  pid-file "{self.folder}/pid";
  session-keyfile "{self.folder}/session.key";
  lock-file none;
  listen-on port {self.port} {{ 127.0.0.1; }};
  listen-on-v6 {{ none; }};
  recursion no;
  allow-query {{ any; }};
  dnssec-validation no;
  empty-zones-enable no;
  minimal-responses yes;
  notify no;
  zero-no-soa-ttl no;
  check-names primary ignore;
  check-integrity no;
  check-wildcard no;
}};
controls {{ }};
{zones}""")
        return ["-g", "-4", "-n", "1", "-c", str(path)]


PEERS = [Knot, Nsd, Bind]


def soa_queries(zones):
    return [wire.make_query(zone.origin, wire.SOA) for zone in zones]


def wait_until_serving(server, zones, ask):
    """The origins that the server does not answer for with authority once it has settled."""
    end = time.monotonic() + START_S
    missing, seen = zones, None
    while missing:
        if server.child.poll() is not None:
            raise Failed(server.tail())
        answers = ask(server.port, soa_queries(missing), patience_s=0.2, tries=1)
        still = [zone for zone, answer in zip(missing, answers) if not _serves(answer)]
        if any(answer is not None for answer in answers):
            if len(still) == len(missing) == seen:  # nothing new since the last look
                break
            seen = len(still)
        if time.monotonic() > end:
            raise Failed(f"not serving within {START_S} s\n" + server.tail())
        if still:
            time.sleep(0.5)
        missing = still
    return [zone.origin for zone in missing]


def _serves(answer):
    if answer is None:
        return False
    response = wire.Response(answer)
    return response.rcode == 0 and response.flags & wire.FLAG_AA and response.sections[0] != []


def write_zones(zone_sets, folder):
    """The files of all zones: (origin without the final dot, path) each."""
    folder = pathlib.Path(folder)
    folder.mkdir()
    files = []
    for zone_set in zone_sets:
        for zone in zone_set.zones:
            origin = names.text(zone.origin)[:-1]
            path = folder / f"{origin}.zone"
            path.write_text(zone.text())
            files.append((origin, path))
    return files
