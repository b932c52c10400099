"""The stage: two controllers, three edges, a prober, backends, writers, the checker, and a log of
three brokers, of one, or in a SQLite file. And the tools that break it.

As root every program has a user of its own, so that the firewall can cut one of them off; else the
rows that need that are skipped.
"""

import json
import mmap
import os
import pathlib
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))

from fleet import (BIN, ROOT, Backend, Edge, Fleet, Process, free_port,  # noqa: E402
                   run_kafka, wait_until)

from checker import Checker, Verdict, Writer, account  # noqa: E402
from oracle import History  # noqa: E402

ROOT_RIGHTS = os.geteuid() == 0
FIRST_USER = 61000
ZONES = ["one.test", "two.test"]
ZONE = """$ORIGIN {zone}.
$TTL 300
@ SOA ns1 hostmaster 1 7200 900 1209600 60
@ NS ns1
@ NS ns2
ns1 A 192.0.2.1
ns2 A 192.0.2.2
www A 10.0.0.0
www TXT "0"
mail MX 0 www
alias CNAME www
long CNAME alias
cross CNAME www.{other}.
*.wild TXT "anything"
a.b.c A 192.0.2.7
sub NS ns.sub
ns.sub A 192.0.2.53
fixed A 192.0.2.20
fixed AAAA 2001:db8::20
race A 192.0.2.99
"""
NAMES = [("www", "A"), ("www", "TXT"), ("mail", "MX"), ("alias", "A"), ("long", "A"),
         ("cross", "A"), ("nothing", "A"), ("fixed", "TXT"), ("any.wild", "TXT"), ("b.c", "A"),
         ("x.sub", "A"), ("fixed", "AAAA"), ("@", "SOA"), ("@", "NS"), ("come.and.go", "A"),
         ("race", "A")]


def questions():
    found = [(f"{name}.{zone}.".replace("@.", ""), kind) for zone in ZONES for name, kind in NAMES]
    return found + [("app.one.test.", "A"), ("still.test.", "SOA"), ("www.still.test.", "A"),
                    ("elsewhere.example.", "A")]


class PoolBackend(Backend):
    def __init__(self, address, port):
        super().__init__()
        self.address, self.port = address, port


class World:
    """The faults of one process: what tests/faults/faulty_world.cpp reads."""

    library = pathlib.Path(os.environ.get("TIDEMARK_FAULTY_WORLD",
                                          BIN.parent / "tests/faulty_world.so"))

    def __init__(self, process, folder):
        path = folder / f"{process.name}.world"
        path.write_bytes(bytes(24))
        path.chmod(0o644)
        with open(path, "r+b") as file:
            self.numbers = mmap.mmap(file.fileno(), 24)
        process.launch["env"] = {**os.environ, "LD_PRELOAD": str(self.library),
                                 "TIDEMARK_FAULTS": str(path)}

    def set(self, disk=0, slow_ms=0, clock_s=0):
        self.numbers[:] = struct.pack("=3q", disk, slow_ms, clock_s)


DISK_SLOW, DISK_BROKEN, DISK_FULL = 1, 2, 3


class Stage(Fleet):
    """`log_kind`: "kafka3", "kafka" or "sqlite"."""

    def __init__(self, log_kind, edges=3, controllers=2, rate=600, worlds=True, pause_s=0.2,
                 arguments=()):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tidemark-faults-"))
        self.folder.chmod(0o755)
        self.log_kind, self.rate, self.pause_s = log_kind, rate, pause_s
        self.kafka_folder, self.log_file = None, None
        self.log_url = self._start_log()
        self.log_arguments = []
        self.apis = [free_port() for _ in range(controllers)]
        self.api = self.apis[0]
        self.users = 0
        self.worlds = worlds and World.library.exists()
        self.mounts, self.starts, self.world = [], {}, {}
        self.controllers = []
        for number, api in enumerate(self.apis, 1):
            controller = self.make_controller(f"controller{number}", api)
            if log_kind == "kafka3":
                controller.arguments += ["--replication", "3"]
            controller.arguments += ["--snapshot-pause-seconds", "2", "--snapshot-changes", "200"]
            controller.arguments += arguments
            self._settle(controller)
            self.controllers.append(controller)
        self.controller = self.controllers[0]
        self.edges = [self.make_edge(number) for number in range(1, edges + 1)]
        self.prober = Process("prober", [
            BIN / "tidemark-prober", "--log", self.log_url, "--dataset", self.dataset,
            "--name", "probe1", "--period", "1000",
            # Without it a prober folds from the log's beginning, which F12 and F13 cut away.
            "--state-dir", self.folder / "prober"], self.folder)
        self._settle(self.prober)
        port = free_port()
        self.backends = [PoolBackend(f"127.0.0.{last}", port) for last in (2, 3, 4)]
        self.others, self.writers, self.checker = [], [], None
        self.history = History()
        self.sizes, self.sizes_ending = [], threading.Event()

    def make_edge(self, name, workers=2, port=None):
        edge = Edge(name, self, workers)
        if port is not None:
            edge.arguments[edge.arguments.index(f"127.0.0.1:{edge.dns}")] = f"127.0.0.1:{port}"
            edge.dns = port
        edge.arguments += ["--nsid", edge.node]
        edge.state = self.folder / edge.node
        self._settle(edge)
        return edge

    def _settle(self, process):
        """A user and a world of its own."""
        if self.worlds:
            self.world[process.name] = World(process, self.folder)
        state = self.folder / process.name
        state.mkdir(exist_ok=True)
        if ROOT_RIGHTS and self.log_kind != "sqlite":
            self.users += 1
            process.user = FIRST_USER + self.users
            process.launch.update(user=process.user, group=process.user, extra_groups=[])
            os.chown(state, process.user, process.user)

    def _start_log(self):
        if self.log_kind == "sqlite":
            self.log_file = self.folder / "log.tmlog"
            return f"sqlite:{self.log_file}"
        self.kafka_folder = self.folder / "kafka"
        run_kafka("up", "--port", "0", "--dir", str(self.kafka_folder), "--brokers",
                  "3" if self.log_kind == "kafka3" else "1")
        return "kafka:" + (self.kafka_folder / "bootstrap").read_text().strip()

    # Begin and end.

    def __enter__(self):
        try:
            for controller, api in zip(self.controllers, self.apis):
                controller.start()
                wait_until(lambda: (self.status(api) or {}).get("state") == "LIVE",
                           f"{controller.name} follows", 90)
            for zone, other in zip(ZONES, reversed(ZONES)):
                self.import_zone(zone, ZONE.format(zone=zone, other=other))
            self.import_zone("still.test", ZONE.format(zone="still.test", other="one.test"))
            self._make_pool()
            for edge in self.edges:
                self.start_edge(edge)
            for edge in self.edges:
                self.wait_serving(edge, 60)
            for backend in self.backends:
                backend.start()
            self.prober.start()
            self.checker = Checker(self, questions(), self.rate)
            self.writers = [Writer(self, number, ZONES[number], self.pause_s)
                            for number in range(len(self.apis))]
            for writer in self.writers:
                writer.start()
            threading.Thread(target=self._record_sizes, daemon=True).start()
            wait_until(self.all_newest, "the fleet follows the writers", 60)
        except BaseException:
            self.__exit__(Exception, None, None)
            raise
        return self

    def _make_pool(self):
        reply = self.call("PUT", "/v1/pools/web", {
            "name": "web", "check": {"kind": "tcp", "port": self.backends[0].port,
                                     "interval_ms": 500, "timeout_ms": 300, "rise": 2, "fall": 2},
            "stale_after_ms": 5000,
            "endpoints": [{"id": f"e{number}", "address": backend.address}
                          for number, backend in enumerate(self.backends)]})
        assert reply.status == 200, reply
        reply = self.call("PUT", "/v1/zones/one.test/rrsets/app/POOL", {"ttl": 5, "rdata": ["web"]})
        assert reply.status == 200, reply

    def __exit__(self, kind, *_):
        self.sizes_ending.set()
        for writer in self.writers:
            writer.ending.set()
        heal_firewall()
        if self.checker is not None:
            self.checker.stop()
        for backend in self.backends:
            backend.stop()
        processes = [self.prober, *self.edges, *self.controllers, *self.others]
        for process in processes:
            if process.running():
                process.send(signal.SIGCONT)
            try:
                process.stop()
            except AssertionError as slow:
                print(slow, file=sys.stderr)
        if self.kafka_folder is not None:
            for broker in self.brokers():
                self.signal_broker(broker, signal.SIGCONT)
            run_kafka("down", "--dir", str(self.kafka_folder), check=False)
        for mount in self.mounts:
            subprocess.run(["umount", "-l", str(mount)], check=False)
        if kind is not None:
            for process in processes:
                print(process.tail(25), file=sys.stderr)
        if os.environ.get("TIDEMARK_KEEP"):
            print(f"kept: {self.folder}", file=sys.stderr)
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    def start_edge(self, edge):
        """Each start has its own server id, so that an answer tells which process gave it."""
        self.starts[edge.node] = self.starts.get(edge.node, 0) + 1
        at = edge.arguments.index("--nsid") + 1
        edge.arguments[at] = f"{edge.node}.{self.starts[edge.node]}"
        return edge.start()

    def kill_edge(self, edge, number=signal.SIGKILL):
        self.checker.down(edge)
        edge.stop(number)

    def back(self, edge, deadline_s=60):
        """Starts an edge that was ended; gives the seconds until it answers."""
        begun = time.monotonic()
        self.start_edge(edge)
        self.wait_serving(edge, deadline_s)
        took = time.monotonic() - begun
        self.checker.up(edge)
        return took

    def wait_serving(self, edge, deadline_s=60):
        wait_until(lambda: edge.query("www.still.test", timeout=0.3) is not None,
                   f"{edge.node} answers", deadline_s)

    # Looking.

    def version_of(self, edge):
        try:
            return edge.version() or {}
        except Exception:
            return {}

    def seq(self):
        """The newest version that a controller knows."""
        found = []
        for api in self.apis:
            try:
                found.append((self.status(api) or {"version": {"seq": 0}})["version"]["seq"])
            except Exception:
                pass
        return max(found, default=0)

    def all_newest(self):
        wanted = self.seq()
        return wanted and all(self.version_of(edge).get("seq", -1) >= wanted - 2
                              for edge in self.edges if edge.running()) and wanted

    def all_live(self, deadline_s=60):
        wait_until(lambda: all(self.version_of(edge).get("state") == "LIVE"
                               for edge in self.edges),
                   f"all edges are LIVE: {[self.version_of(e).get('state') for e in self.edges]}",
                   deadline_s, 0.1)

    def visible(self, since, deadline_s=60):
        """Seconds from `since` until a change that was begun behind it is seen at all edges."""
        def seen():
            for writer in self.writers:
                for entry in list(writer.told):
                    if entry["sent"] > since and entry["status"] == 200:
                        seq = self._seq_of(writer.port, entry)
                        times = [self.checker.seen_at(edge.node, seq) for edge in self.edges]
                        return max(times) if None not in times else None
            return None
        return wait_until(seen, f"a change of after the fault is seen by all edges: "
                                f"{self.seen_seqs()}",
                          deadline_s, 0.1) - since

    def seen_seqs(self):
        return {edge.node: self.checker.newest(edge.node) for edge in self.edges}, self.seq()

    def _seq_of(self, port, entry):
        if "seq" not in entry:
            reply = self.call("GET", f"/v1/changes/{entry['change_id']}", port=port)
            entry["seq"] = reply.json["seq"]
        return entry["seq"]

    def read_log(self, deadline_s=90):
        """What the log holds behind what was read already goes into the history."""
        done = wait_until(lambda: self._show(), "the log can be read", deadline_s, 0.5)
        self.history.read(done.stdout.splitlines())

    def _show(self):
        done = subprocess.run(
            [BIN / "tidemark", "log", "show", "changes", "-o", "json", "--log", self.log_url,
             "--dataset", self.dataset, "--from", str(self.history.next_offset)],
            capture_output=True, text=True, timeout=120)
        if done.returncode == 0:
            return done
        self.show_trouble = done.stderr
        return None

    def processes(self):
        return [process for process in (*self.controllers, *self.edges, self.prober)
                if process.running()]

    def _record_sizes(self):
        while not self.sizes_ending.wait(10):
            now = {"t": round(time.monotonic(), 1)}
            for process in self.processes():
                now[process.name] = rss_kib(process.child.pid)
            self.sizes.append(now)

    def conclude(self):
        """Ends writers and questions; gives verdict and account. What did not heal is told as
        trouble, and judged all the same."""
        for writer in self.writers:
            writer.stop()
        self.read_log()
        trouble = ""
        try:
            wait_until(lambda: all(self.version_of(edge).get("seq") == self.history.seq
                                   for edge in self.edges), "every edge is at the log's end", 60,
                       0.1)
        except AssertionError:
            trouble = (f"the log's fold is at {self.history.seq}, the edges are at "
                       f"{[self.version_of(edge).get('seq') for edge in self.edges]}")
        same = self.same_version_everywhere()
        unseen = 0
        for edge in self.edges:
            try:
                wait_until(lambda: self.checker.newest(edge.node) >= self.history.seq, "seen", 15)
            except AssertionError:
                unseen += 1
        verdict = Verdict(self.checker.finish(), self.checker.questions, self.history)
        counts = {**verdict.counts(), **account(self.writers, self.history), "unseen": unseen,
                  "trouble": trouble, "hashes": 1 if same else 2,
                  **{f"queries_{name}": count for name, count in verdict.totals.items()}}
        return verdict, counts

    # Brokers.

    def brokers(self):
        return sorted(path.name for path in self.kafka_folder.glob("n[0-9]"))

    def broker_pid(self, broker):
        return int((self.kafka_folder / broker / "pid").read_text())

    def signal_broker(self, broker, number):
        try:
            os.kill(self.broker_pid(broker), number)
        except (ProcessLookupError, FileNotFoundError, ValueError):
            return
        if number == signal.SIGKILL:
            stat = pathlib.Path(f"/proc/{self.broker_pid(broker)}/stat")
            wait_until(lambda: not stat.exists() or ") Z " in stat.read_text(), "it ended")

    def brokers_up(self):
        run_kafka("up", "--dir", str(self.kafka_folder))

    def leader(self, topic="changes"):
        """The broker that leads a topic."""
        def ask():
            done = subprocess.run(
                ["kcat", "-b", self.log_url.removeprefix("kafka:"), "-L", "-J", "-m", "5", "-t",
                 f"{self.dataset}.{topic}"], capture_output=True, text=True)
            if done.returncode != 0:
                return None
            for one in json.loads(done.stdout)["topics"]:
                if one["topic"] == f"{self.dataset}.{topic}" and one["partitions"]:
                    leader = one["partitions"][0]["leader"]
                    return f"n{leader}" if leader > 0 else None
            return None
        return wait_until(ask, "the topic has a leader", 60, 0.2)

    def tool(self, kind, *arguments):
        run_kafka("tool", kind, "--bootstrap-server", self.log_url.removeprefix("kafka:"),
                  *map(str, arguments))

    # The firewall: cuts one process off from the brokers.

    def ports(self):
        return ", ".join((self.kafka_folder / name / "port").read_text().strip()
                         for name in self.brokers())

    def cut(self, process, out=True, back=True):
        ports, mark = self.ports(), process.user
        rules = [f"meta skuid {process.user} tcp dport {{ {ports} }} ct mark set {mark}"]
        if out:
            rules.append(f"meta skuid {process.user} tcp dport {{ {ports} }} counter drop")
        if back:
            rules.append(f"ct mark {mark} tcp sport {{ {ports} }} counter drop")
        chain = f"{process.name.replace('.', '_')}"
        text = (f"table inet {TABLE} {{\nchain {chain} {{\ntype filter hook output priority 0\n"
                + "\n".join(rules) + "\n}\n}\n")
        subprocess.run(["nft", "-f", "-"], input=text, text=True, check=True)

    def heal(self, process):
        chain = f"{process.name.replace('.', '_')}"
        subprocess.run(["nft", "delete", "chain", "inet", TABLE, chain], check=False,
                       capture_output=True)


TABLE = f"tidemark_faults_{os.getpid()}"


def heal_firewall():
    if shutil.which("nft") and ROOT_RIGHTS:
        subprocess.run(["nft", "delete", "table", "inet", TABLE], check=False, capture_output=True)


def can_cut():
    if not (ROOT_RIGHTS and shutil.which("nft")):
        return False
    text = (f"table inet {TABLE} {{\nchain try {{\ntype filter hook output priority 0\n"
            "ct mark 7 counter\n}\n}\n")
    done = subprocess.run(["nft", "-f", "-"], input=text, text=True, capture_output=True)
    heal_firewall()
    return done.returncode == 0


def rss_kib(pid):
    try:
        found = re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return 0
    return int(found[1]) if found else 0
