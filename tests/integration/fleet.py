"""A real Tidemark fleet on this machine, for tests: controller, three edges, a prober, one log.

Every process is a real program of the build under test, every port is free and on 127.0.0.1, every
wait has a condition and a deadline. Processes are ended by their own pid.
"""

import http.client
import http.server
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import urllib.parse

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("TIDEMARK_BIN", ROOT / "build/dev/bin"))
DEADLINE_S = 30.0  # for conditions that hold within a second on a quiet machine


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(condition, what, deadline_s=DEADLINE_S, every_s=0.02):
    """The condition's value once it is truthy; fails with `what` and the last value otherwise."""
    end = time.monotonic() + deadline_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {deadline_s} s: {what} (last: {value!r})")
        time.sleep(every_s)


class Process:
    """One program with its log file; restartable."""

    def __init__(self, name, arguments, folder):
        self.name = name
        self.arguments = [str(argument) for argument in arguments]
        self.log = folder / f"{name}.log"
        self.launch = {}  # more for Popen: user, env
        self.child = None

    def start(self):
        with open(self.log, "ab") as log:
            self.child = subprocess.Popen(self.arguments, stdout=log, stderr=log,
                                          stdin=subprocess.DEVNULL, **self.launch)
        return self

    def send(self, number):
        self.child.send_signal(number)

    def running(self):
        return self.child is not None and self.child.poll() is None

    def stop(self, number=signal.SIGTERM, deadline_s=20):
        """Ends the process and gives its exit code (negative: the signal)."""
        if self.child is None:
            return None
        if self.child.poll() is None:
            self.child.send_signal(number)
            try:
                self.child.wait(deadline_s)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()
                raise AssertionError(f"{self.name} did not end within {deadline_s} s")
        return self.child.returncode

    def tail(self, lines=40):
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return f"--- {self.name}: {' '.join(self.arguments)}\n" + "\n".join(
            text.splitlines()[-lines:])


class Reply:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"HTTP {self.status} {self.body[:600]!r}"


def request(port, method, path, body=None, headers=None, timeout=30):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
            headers = {"Content-Type": "application/json", **(headers or {})}
        connection.request(method, path, body=body, headers=headers or {})
        reply = connection.getresponse()
        return Reply(reply.status, dict(reply.getheaders()), reply.read().decode())
    finally:
        connection.close()


class Edge(Process):
    def __init__(self, number, fleet, workers=2):
        self.node = f"edge{number}"
        self.dns, self.admin = free_port(), free_port()
        super().__init__(self.node, [
            BIN / "tidemark-edge", "--log", fleet.log_url, "--dataset", fleet.dataset,
            "--state-dir", fleet.folder / self.node, "--listen", f"127.0.0.1:{self.dns}",
            "--admin", f"127.0.0.1:{self.admin}", "--workers", workers, "--node", self.node,
            *fleet.log_arguments], fleet.folder)

    def query(self, name, kind="A", tcp=False, timeout=2, **options):
        question = dns.message.make_query(name, kind, **options)
        ask = dns.query.tcp if tcp else dns.query.udp
        try:
            return ask(question, "127.0.0.1", port=self.dns, timeout=timeout)
        except (dns.exception.Timeout, OSError):
            return None

    def texts(self, name, kind="A"):
        """The RDATA texts of the answer; None without a NOERROR answer."""
        reply = self.query(name, kind)
        if reply is None or reply.rcode() != dns.rcode.NOERROR:
            return None
        wanted = dns.rdatatype.from_text(kind)
        return sorted(record.to_text() for rrset in reply.answer if rrset.rdtype == wanted
                      for record in rrset)

    def version(self):
        try:
            reply = request(self.admin, "GET", "/version", timeout=5)
        except OSError:
            return None
        return reply.json if reply.status == 200 else None

    def metrics(self):
        return request(self.admin, "GET", "/metrics", timeout=5).body


class Backend:
    """A local HTTP server that can be stopped and started on its port."""

    def __init__(self):
        self.port = free_port()
        self.server = None

    def start(self):
        class Answer(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"ok\n")

            def log_message(self, *arguments):
                pass

        http.server.ThreadingHTTPServer.allow_reuse_address = True
        self.server = http.server.ThreadingHTTPServer((self.address, self.port), Answer)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    address = "127.0.0.1"

    def stop(self):
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()
            self.server = None


class Fleet:
    """`log_kind`: "sqlite" or "kafka". Use as a context manager."""

    dataset = "test"

    def __init__(self, log_kind, edges=3, workers=2):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tidemark-test-"))
        self.log_kind = log_kind
        self.log_arguments = []
        self.kafka_folder = None
        self.log_url = self._start_log()
        self.api = free_port()
        self.controller = self.make_controller("controller", self.api)
        self.edges = [Edge(number, self, workers) for number in range(1, edges + 1)]
        self.prober = Process("prober", [
            BIN / "tidemark-prober", "--log", self.log_url, "--dataset", self.dataset,
            "--name", "probe1", "--period", "1000", *self.log_arguments], self.folder)
        self.others = []

    def make_controller(self, name, api):
        return Process(name, [
            BIN / "tidemark-controller", "--log", self.log_url, "--dataset", self.dataset,
            "--state-dir", self.folder / name, "--api", f"127.0.0.1:{api}", "--name", name,
            *self.log_arguments], self.folder)

    # The log.

    def _start_log(self):
        if self.log_kind == "sqlite":
            self.log_file = self.folder / "log.tmlog"
            return f"sqlite:{self.log_file}"
        self.kafka_folder = self.folder / "kafka"
        run_kafka("up", "--port", "0", "--dir", str(self.kafka_folder))
        return "kafka:" + (self.kafka_folder / "bootstrap").read_text().strip()

    def log_down(self):
        """Makes the log unreachable for whoever opens it from now on (Kafka: for everybody)."""
        if self.log_kind == "sqlite":
            for path in self.folder.glob("log.tmlog*"):
                path.rename(path.with_name("away-" + path.name))
        else:
            run_kafka("down", "--keep", "--dir", str(self.kafka_folder))

    def log_up(self):
        if self.log_kind == "sqlite":
            for path in self.folder.glob("away-log.tmlog*"):
                path.rename(path.with_name(path.name.removeprefix("away-")))
        else:
            run_kafka("up", "--dir", str(self.kafka_folder))

    # The fleet.

    def __enter__(self):
        try:
            self.controller.start()
            wait_until(lambda: self.status() is not None, "the controller answers /v1/status")
            for edge in self.edges:
                edge.start()
        except BaseException:
            self.__exit__(Exception, None, None)
            raise
        return self

    def __exit__(self, kind, *_):
        processes = [self.prober, *self.edges, self.controller, *self.others]
        for process in processes:
            if process.running():
                process.send(signal.SIGCONT)
            try:
                process.stop()
            except AssertionError as slow:
                print(slow)
        if self.kafka_folder is not None:
            run_kafka("down", "--dir", str(self.kafka_folder), check=False)
        if kind is not None:
            for process in processes:
                print(process.tail())
        shutil.rmtree(self.folder, ignore_errors=True)

    def call(self, method, path, body=None, port=None, **headers):
        named = {key.replace("_", "-"): value for key, value in headers.items()}
        return request(port or self.api, method, path, body, named)

    def status(self, port=None):
        try:
            reply = self.call("GET", "/v1/status", port=port)
        except OSError:
            return None
        return reply.json if reply.status == 200 else None

    def cli(self, *arguments, check=True):
        done = subprocess.run(
            [BIN / "tidemark", "--api", f"http://127.0.0.1:{self.api}", *map(str, arguments)],
            capture_output=True, text=True, timeout=120)
        if check and done.returncode != 0:
            raise AssertionError(
                f"tidemark {arguments}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def import_zone(self, zone, text, **headers):
        reply = self.call("PUT", f"/v1/zones/{zone}", text, Content_Type="text/dns",
                          Tidemark_Reason="test", **headers)
        assert reply.status == 200, reply
        return reply.json

    def wait_everywhere(self, name, kind, texts, deadline_s=DEADLINE_S):
        for edge in self.edges:
            wait_until(lambda: edge.texts(name, kind) == sorted(texts),
                       f"{edge.node} answers {name} {kind} with {texts}; "
                       f"now {edge.texts(name, kind)}", deadline_s)

    def same_version_everywhere(self):
        versions = [edge.version() for edge in self.edges]
        if any(version is None for version in versions):
            return None
        pairs = {(version["seq"], version["state_hash"]) for version in versions}
        return pairs.pop() if len(pairs) == 1 else None


def run_kafka(*arguments, check=True):
    done = subprocess.run([ROOT / "scripts/kafka", *arguments], capture_output=True, text=True)
    if check and done.returncode != 0:
        raise AssertionError(f"scripts/kafka {arguments}: {done.stdout}{done.stderr}")


ZONE = """$ORIGIN example.org.
$TTL 300
@ SOA ns1 hostmaster 1 7200 900 1209600 300
@ NS ns1
@ NS ns2
ns1 A 192.0.2.1
ns2 A 192.0.2.2
www A 192.0.2.10
www A 192.0.2.11
alias CNAME www
*.wild TXT "anything"
sub NS ns.sub
ns.sub A 192.0.2.53
mail MX 10 www
"""
