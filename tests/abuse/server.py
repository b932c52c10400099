"""One real `tidemark serve` process under attack: its zones, its memory, its figures."""

import json
import os
import pathlib
import re
import resource
import socket
import subprocess
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("TIDEMARK_BIN", ROOT / "build/dev/bin"))
DEADLINE_S = 60.0

ZONE = """$ORIGIN example.org.
$TTL 300
@ SOA ns1 hostmaster 1 7200 900 1209600 300
@ NS ns1
ns1 A 192.0.2.1
*.wild A 192.0.2.7
many TXT {many}
"""
LABELS_ZONE = "$ORIGIN t.\n$TTL 300\n@ SOA a b 1 7200 900 1209600 300\n@ NS ns.example.org.\n"


def wait_until(condition, what, deadline_s=DEADLINE_S):
    end = time.monotonic() + deadline_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {deadline_s} s: {what} (last: {value!r})")
        time.sleep(0.02)


class Server:
    """`names` hosts h0, h1 ... beside the zone's own; `open_files`: a hard RLIMIT_NOFILE."""

    def __init__(self, names=1000, rate_limit="dry-run", workers=2, open_files=None,
                 binary=None):
        self.folder = tempfile.TemporaryDirectory(prefix="tidemark-abuse-")
        self.files = []
        many = " ".join(f'"{"x" * 200}{index}"' for index in range(40))
        hosts = "".join(f"h{index} A 10.{index >> 16 & 255}.{index >> 8 & 255}.{index & 255}\n"
                        for index in range(names))
        for name, text in (("example.zone", ZONE.format(many=many) + hosts),
                           ("labels.zone", LABELS_ZONE)):
            path = pathlib.Path(self.folder.name) / name
            path.write_text(text)
            self.files += ["--zone-file", str(path)]
        self.arguments = [str(binary or BIN / "tidemark"), "serve", *self.files, "--listen",
                          "127.0.0.1:0", "--admin", "127.0.0.1:0", "--workers", str(workers),
                          "--rate-limit", rate_limit]
        self.open_files = open_files
        self.said = pathlib.Path(self.folder.name) / "said"

    def __enter__(self):
        def limit():
            if self.open_files:
                resource.setrlimit(resource.RLIMIT_NOFILE, (self.open_files, self.open_files))
        with open(self.said, "wb") as said:
            self.child = subprocess.Popen(self.arguments, stdout=said, stderr=said,
                                          stdin=subprocess.DEVNULL, preexec_fn=limit)
        self.admin = int(self.told(r"admin on \S*:(\d+)"))
        self.port = int(self.told(r"listening on 127\.0\.0\.1:(\d+)"))
        return self

    def told(self, pattern):
        def search():
            if self.child.poll() is not None:
                raise AssertionError(f"ended with {self.child.returncode}: {self.said.read_text()}")
            found = re.search(pattern, self.said.read_text())
            return found.group(1) if found else None
        return wait_until(search, f"the server says {pattern}", 120)

    def __exit__(self, *_):
        running = self.child.poll() is None
        if running:
            self.child.terminate()
        code = self.child.wait(30)
        said = self.said.read_text()
        self.folder.cleanup()
        if not running or code != 0:
            raise AssertionError(f"the server ended with {code}: {said}")

    def metrics(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.admin}/metrics", timeout=30) as page:
            return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1])
                    for line in page.read().decode().splitlines() if not line.startswith("#")}

    def rss_kib(self):
        status = pathlib.Path(f"/proc/{self.child.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status).group(1))

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.child.pid}/fd"))

    def cpu_ns(self):
        """What all its threads have had of the cores."""
        total = 0
        for task in pathlib.Path(f"/proc/{self.child.pid}/task").iterdir():
            total += int((task / "schedstat").read_text().split()[0])
        return total

    def answers_udp(self, queries=20):
        """Every one of so many queries is answered; each may be sent a few times, as UDP is."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.settimeout(5)
            udp.connect(("127.0.0.1", self.port))
            for number in range(queries):
                for _ in range(3):
                    udp.send(query(f"h{number}.example.org", number))
                    try:
                        reply = udp.recv(4096)
                    except TimeoutError:
                        continue
                    while reply[:2] != number.to_bytes(2, "big"):  # late, of an earlier try
                        reply = udp.recv(4096)
                    assert reply[3] & 15 == 0 and reply[7] == 1, reply
                    break
                else:
                    return False
        return True


def query(name, number=1, kind=1, flags=0x0000):
    octets = number.to_bytes(2, "big") + flags.to_bytes(2, "big") + bytes([0, 1, 0, 0, 0, 0, 0, 0])
    for label in name.split("."):
        octets += bytes([len(label)]) + label.encode()
    return octets + b"\0" + kind.to_bytes(2, "big") + b"\0\1"


def framed(message):
    return len(message).to_bytes(2, "big") + message


def flood(kind, port, queries, source="127.0.0.1", binary=None):
    binary = binary or os.environ.get("TIDEMARK_FLOOD", ROOT / "build/dev/bench/flood")
    done = subprocess.run([binary, kind, str(port), str(queries), source], capture_output=True,
                          text=True, check=True)
    return json.loads(done.stdout)
