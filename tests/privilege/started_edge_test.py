"""Real edges, confined as they are by default: what the kernel says about them, and that an edge
never asks a name server (D32).

usage: started_edge_test.py [unittest arguments]
"""

import os
import pathlib
import pwd
import re
import shutil
import socket
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))

from fleet import BIN, ZONE, Edge, Fleet, wait_until  # noqa: E402

NET_BIND_SERVICE = 1 << 10

# Names and types that a resolver would ask others about; a zone with aliases out of itself.
FORWARDS = """$ORIGIN forward.example.
$TTL 300
@ SOA ns hostmaster 1 7200 900 1209600 300
@ NS ns
@ NS ns.elsewhere.example.
ns A 192.0.2.1
alias CNAME www.elsewhere.example.
chain CNAME alias
* CNAME wild.elsewhere.example.
tree DNAME elsewhere.example.
child NS ns.elsewhere.example.
mail MX 10 mail.elsewhere.example.
"""
QUESTIONS = ["www.elsewhere.example", "alias.forward.example", "chain.forward.example",
             "any.thing.forward.example", "a.tree.forward.example", "x.child.forward.example",
             "mail.forward.example", "com", ".", "1.0.0.127.in-addr.arpa"]




def status_of(pid, thread):
    text = pathlib.Path(f"/proc/{pid}/task/{thread}/status").read_text()
    return dict(re.findall(r"^(\w+):[ \t]*(.*?)[ \t]*$", text, re.M))


def threads_of(pid):
    return [int(name) for name in os.listdir(f"/proc/{pid}/task")]


def port_below_1024():
    for port in range(1023, 600, -1):
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            try:
                tcp.bind(("127.0.0.1", port))
                udp.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise unittest.SkipTest("no free port below 1024")


def foreign_destinations(trace):
    """Whom a traced process called: all of connect(), and name servers' port in any call."""
    return [line for line in trace.splitlines()
            if (re.search(r"\bconnect\(.*AF_INET", line) or "htons(53)" in line)
            and " bind(" not in line]


class StartedEdge(unittest.TestCase):
    def setUp(self):
        kind = pathlib.Path(BIN / "tidemark-edge").read_bytes()
        if b"__asan_init" in kind or b"__tsan_init" in kind:
            self.skipTest("a sanitizer's build cannot be confined")

    def started(self, fleet, *arguments, before=(), environment=None):
        """An edge with further arguments, answering."""
        edge = Edge(1, fleet)
        edge.arguments = [*map(str, before), *edge.arguments, *map(str, arguments)]
        fleet.edges.append(edge)
        if environment:
            edge.arguments = ["env", *environment, *edge.arguments]
        edge.start()
        wait_until(lambda: edge.texts("www.example.org") == ["192.0.2.10", "192.0.2.11"],
                   "the edge answers")
        return edge

    def test_the_kernel_confines_every_thread_of_an_edge(self):
        with Fleet("sqlite", edges=0) as fleet:
            fleet.import_zone("example.org", ZONE)
            edge = self.started(fleet)
            pid = edge.child.pid
            threads = threads_of(pid)
            self.assertGreater(len(threads), 3, "workers, admin, snapshots")
            for thread in threads:
                status = status_of(pid, thread)
                self.assertEqual(status["Seccomp"], "2", status["Name"])
                self.assertEqual(status["NoNewPrivs"], "1", status["Name"])
                for name in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
                    self.assertEqual(int(status[name], 16), 0, f"{name} of {status['Name']}")
                if os.geteuid() == 0:
                    self.assertEqual(int(status["CapBnd"], 16), 0)
            self.assertEqual(os.stat(f"/proc/{pid}/mem").st_uid, 0, "dumpable")
            limits = pathlib.Path(f"/proc/{pid}/limits").read_text() if os.geteuid() == 0 else ""
            if limits:
                self.assertRegex(limits, r"Max core file size\s+0\s+0 ")
                files = int(re.search(r"Max open files\s+(\d+)", limits)[1])
                self.assertGreater(files, 1024)
            self.assertIn("call filter of", edge.log.read_text())
            # Confined all the while: a snapshot file is written, the log follows, the end is clean.
            fleet.call("PUT", "/v1/zones/example.org/rrsets/later/A",
                       {"ttl": 60, "rdata": ["192.0.2.5"]}, Tidemark_Reason="t")
            wait_until(lambda: edge.texts("later.example.org") == ["192.0.2.5"], "it follows")
            self.assertEqual(edge.stop(), 0, edge.tail())
            self.assertTrue(list((fleet.folder / edge.node).iterdir()), "a snapshot file")

    def test_root_becomes_the_user_and_keeps_only_the_right_to_bind(self):
        if os.geteuid() != 0:
            self.skipTest("only root may become another user")
        nobody = pwd.getpwnam("nobody")
        with Fleet("sqlite", edges=0) as fleet:
            fleet.import_zone("example.org", ZONE)
            os.chmod(fleet.folder, 0o777)
            for path in fleet.folder.glob("log.tmlog*"):
                os.chmod(path, 0o666)
            edge = Edge(1, fleet)
            edge.dns = port_below_1024()
            edge.arguments[edge.arguments.index("--listen") + 1] = f"127.0.0.1:{edge.dns}"
            edge.arguments += ["--user", "nobody", "--sandbox", "on"]
            fleet.edges.append(edge.start())
            wait_until(lambda: edge.texts("www.example.org"), "the edge answers")
            start = pathlib.Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")
            kept = NET_BIND_SERVICE if edge.dns < int(start.read_text()) else 0
            for thread in threads_of(edge.child.pid):
                status = status_of(edge.child.pid, thread)
                self.assertEqual(status["Uid"].split(), [str(nobody.pw_uid)] * 4)
                self.assertEqual(status["Gid"].split(), [str(nobody.pw_gid)] * 4)
                self.assertEqual(status["Groups"], "")
                self.assertEqual(int(status["CapEff"], 16), kept, status["Name"])
                self.assertEqual(int(status["CapPrm"], 16), kept, status["Name"])
            self.assertEqual((fleet.folder / edge.node).stat().st_uid, nobody.pw_uid)
            self.assertEqual(edge.stop(), 0, edge.tail())
            written = list((fleet.folder / edge.node).iterdir())
            self.assertEqual({path.stat().st_uid for path in written}, {nobody.pw_uid})

    def test_off_means_off_and_a_wrong_word_is_named(self):
        with Fleet("sqlite", edges=0) as fleet:
            fleet.import_zone("example.org", ZONE)
            edge = self.started(fleet, "--sandbox", "off")
            self.assertEqual(status_of(edge.child.pid, edge.child.pid)["Seccomp"], "0")
            wrong = subprocess.run([*edge.arguments, "--sandbox", "maybe"], capture_output=True,
                                   text=True, timeout=20)
            self.assertNotEqual(wrong.returncode, 0)
            wrong = subprocess.run([*edge.arguments[:-1], "maybe"], capture_output=True, text=True,
                                   timeout=20)
            self.assertEqual(wrong.returncode, 2)
            self.assertIn("on, off or best-effort", wrong.stderr)

    @unittest.skipUnless(os.geteuid() == 0, "mounting takes root")
    def test_an_edge_starts_from_a_folder_that_became_read_only(self):
        with Fleet("sqlite", edges=1) as fleet:
            fleet.import_zone("example.org", ZONE)
            fleet.wait_everywhere("www.example.org", "A", ["192.0.2.10", "192.0.2.11"])
            edge = fleet.edges[0]
            edge.stop()  # it leaves a file
            folder = fleet.folder / edge.node
            self.assertTrue(any(folder.iterdir()), folder)
            # Read-only in a mount namespace of its own: nothing to undo.
            edge.arguments = ["unshare", "--mount", "sh", "-c",
                              f"mount --bind '{folder}' '{folder}' && "
                              f"mount -o remount,ro,bind '{folder}' && exec \"$@\"", "sh",
                              *map(str, edge.arguments)]
            edge.start()
            fleet.wait_everywhere("www.example.org", "A", ["192.0.2.10", "192.0.2.11"])
            self.assertIn("read-only", edge.tail())

    def test_the_service_manager_hears_when_it_is_ready_and_what_it_does(self):
        with Fleet("sqlite", edges=0) as fleet:
            fleet.import_zone("example.org", ZONE)
            path = fleet.folder / "notify"
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
                manager.bind(str(path))
                manager.settimeout(20)
                edge = self.started(fleet, environment=[f"NOTIFY_SOCKET={path}"])
                self.assertEqual(edge.stop(), 0, edge.tail())
                heard = b""
                while b"STOPPING=1" not in heard:
                    heard += manager.recv(4096) + b"\n"
            self.assertIn(b"READY=1", heard)
            self.assertIn(b"STATUS=answering on 127.0.0.1:", heard)

    def test_d32_an_edge_opens_no_outgoing_dns_socket(self):
        strace = shutil.which("strace")
        if strace is None:
            self.skipTest("strace is not installed")
        with Fleet("sqlite", edges=0) as fleet:
            trace = fleet.folder / "trace"
            calls = [strace, "-D", "-f", "-qq", "-e", "trace=connect,sendto,sendmsg,sendmmsg",
                     "-o", trace]
            # The trace would show it: a program that only connects a socket to a name server.
            asks = ("import socket; s = socket.socket(type=socket.SOCK_DGRAM);"
                    "s.connect(('127.0.0.1', 53))")
            subprocess.run([*calls, sys.executable, "-c", asks], check=True, timeout=60)
            wait_until(lambda: foreign_destinations(trace.read_text()), "strace sees a connect")
            trace.unlink()

            fleet.import_zone("example.org", ZONE)
            fleet.import_zone("forward.example", FORWARDS)
            edge = self.started(fleet, before=calls)
            wait_until(lambda: edge.query("alias.forward.example"), "it answers for the zone")
            for name in QUESTIONS:
                for kind in ("A", "AAAA", "MX", "NS", "PTR", "ANY", "SOA"):
                    for tcp in (False, True):
                        reply = edge.query(name, kind, tcp=tcp)
                        self.assertIsNotNone(reply, f"{name} {kind}")
                        self.assertFalse(reply.flags & 0x0080, f"RA: {name} {kind}")
            self.assertEqual(edge.stop(), 0, edge.tail())
            seen = trace.read_text()
            self.assertIn("sendmmsg(", seen, "the answers themselves are in the trace")
            self.assertEqual(foreign_destinations(seen), [])


if __name__ == "__main__":
    unittest.main()
