"""Imports beside servers that misbehave: a scripted controller, a scripted name server."""

import http.server
import json
import pathlib
import shutil
import socket
import struct
import subprocess
import tempfile
import threading
import unittest
import urllib.parse

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

from fleet import BIN, free_port

ZONE = "$ORIGIN a.example.\n@ 60 SOA ns1 host {0} 1 1 1 60\n@ 60 NS ns1\nns1 60 A 192.0.2.{0}\n"


def tidemark(api, *arguments):
    return subprocess.run([BIN / "tidemark", "--api", f"http://127.0.0.1:{api}",
                           *map(str, arguments)], capture_output=True, text=True, timeout=60)


def error(code, **more):
    return {"error": {"code": code, "message": code, "object": "a.example.", **more}}


class Controller:
    """Answers mutations with `script`: (status, body), or None for a connection that just ends."""

    def __init__(self, script):
        self.script = list(script)
        self.seen = []  # (method, query, Idempotency-Key, origin)
        outer = self

        class Answer(http.server.BaseHTTPRequestHandler):
            def give(self, status, body):
                octets = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(octets)))
                self.end_headers()
                self.wfile.write(octets)

            def do_GET(self):
                if self.path.startswith("/v1/status"):
                    return self.give(200, {"offset": 3})
                if self.path.startswith("/v1/history"):
                    return self.give(200, {"changes": [], "next": None, "index": {"offset": 3}})
                outer.mutation(self, "GET")

            def do_PUT(self):
                outer.mutation(self, "PUT")

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def mutation(self, request, method):
        request.rfile.read(int(request.headers.get("Content-Length", 0)))
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlparse(request.path).query))
        self.seen.append((method, query, request.headers.get("Idempotency-Key"),
                          request.headers.get("Tidemark-Origin")))
        step = self.script.pop(0)
        if step is None:
            request.close_connection = True
            request.connection.shutdown(socket.SHUT_RDWR)
        else:
            request.give(*step)

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class SendingTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tidemark-import-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        stream = []
        for i in range(1, 5):
            text = ZONE.format(i)
            stream.append(f"commit refs/heads/main\ncommitter A <a@b> {1500000000 + i} +0000\n"
                          f"data 2\nc{i}\nM 100644 inline a.zone\ndata {len(text)}\n{text}\n")
        subprocess.run(["git", "init", "-q", "-b", "main", self.folder], check=True)
        subprocess.run(["git", "-C", self.folder, "fast-import", "--quiet"], check=True,
                       input="".join(stream).encode())

    def run_import(self, script):
        controller = Controller(script)
        self.addCleanup(controller.close)
        done = tidemark(controller.port, "-o", "json", "import", "git", self.folder, "--path",
                        "*.zone", "--zone-from", "origin")
        return controller, done

    def test_each_change_is_brought_through(self):
        good = (200, {"changed": True})
        pending = {"state": "pending", "change_id": "c" * 32}
        controller, done = self.run_import([
            (503, error("outbox-full")), None, (202, pending), (200, pending),
            (200, {"state": "accepted", "change_id": "c" * 32}),                 # the first
            (403, error("guard", acknowledge_removals=7)), good,                 # the second
            (409, error("conflict")), (409, error("conflict")), good,            # the third
            (422, error("invalid", details=[{"message": "no"}]))])               # the fourth
        self.assertEqual(done.returncode, 0, done.stderr)
        report = json.loads(done.stdout)
        self.assertEqual((report["changes"], report["unchanged"]), (3, 0))
        self.assertEqual(len(report["refused"]), 1)
        self.assertIn("invalid", report["refused"][0]["reason"])
        self.assertEqual(controller.script, [])
        seen = controller.seen
        self.assertEqual([one[0] for one in seen],
                         ["PUT"] * 3 + ["GET"] * 2 + ["PUT"] * 6)
        # A change that may have been made is sent with its key; another request has another key.
        self.assertEqual(len({one[2] for one in seen[:3]}), 1)
        self.assertEqual(seen[6][1]["acknowledge_removals"], "7")
        self.assertNotIn("acknowledge_removals", seen[5][1])
        self.assertNotEqual(seen[5][2], seen[6][2])
        # In order, each with its own commit.
        self.assertEqual([one[1]["reason"] for one in seen if one[0] == "PUT"],
                         ["c1"] * 3 + ["c2"] * 2 + ["c3"] * 3 + ["c4"])

    def test_what_stops_it_is_told(self):
        controller, done = self.run_import([(200, {"changed": True}),
                                            (401, error("unauthorized"))])
        self.assertEqual(done.returncode, 1)
        self.assertIn("unauthorized", done.stderr)
        self.assertIn("--token-file", done.stderr)
        self.assertEqual(len(controller.seen), 2)

    def test_no_repository_and_no_controller(self):
        gone = tidemark(free_port(), "import", "git", self.folder / "x", "--path", "*")
        self.assertEqual(gone.returncode, 1)
        self.assertIn("git ended with code 128", gone.stderr)
        alone = tidemark(free_port(), "import", "git", self.folder, "--path", "*.zone",
                         "--zone-from", "origin")
        self.assertEqual(alone.returncode, 1)
        self.assertIn("the controller does not answer", alone.stderr)


def records(*texts):
    return [dns.rrset.from_text(*text.split(" ", 4)) for text in texts]


SOA = "a.example. 60 IN SOA ns1.a.example. host.a.example. 5 1 1 1 60"
NS = "a.example. 60 IN NS ns1.a.example."
A = "ns1.a.example. 60 IN A 192.0.2.1"


class TransferTest(unittest.TestCase):
    """Each row: what the server sends, and what is said of it."""

    def serve(self, make):
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)

        def run():
            connection, _ = listener.accept()
            with connection:
                size = struct.unpack("!H", connection.recv(2, socket.MSG_WAITALL))[0]
                query = dns.message.from_wire(connection.recv(size, socket.MSG_WAITALL))
                for octets in make(query):
                    connection.sendall(octets)
                connection.shutdown(socket.SHUT_WR)

        threading.Thread(target=run, daemon=True).start()
        return listener.getsockname()[1]

    def verify(self, make):
        file = tempfile.NamedTemporaryFile("w", suffix=".zone")
        self.addCleanup(file.close)
        file.write(ZONE.format(1))
        file.flush()
        controller = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        self.addCleanup(controller.server_close)
        self.addCleanup(controller.shutdown)
        threading.Thread(target=controller.serve_forever, daemon=True).start()
        return tidemark(controller.server_address[1], "zone", "verify", "a.example", "--against",
                        f"127.0.0.1@{self.serve(make)}")

    @staticmethod
    def handler():
        class Answer(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                octets = ZONE.format(1).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(octets)))
                self.end_headers()
                self.wfile.write(octets)

            def log_message(self, *arguments):
                pass

        return Answer

    @staticmethod
    def message(query, *texts, rcode=0, change=lambda reply: None):
        reply = dns.message.make_response(query)
        reply.set_rcode(rcode)
        reply.answer = records(*texts)
        change(reply)
        wire = reply.to_wire()
        return struct.pack("!H", len(wire)) + wire

    def test_a_whole_one_in_parts(self):
        done = self.verify(lambda query: [self.message(query, SOA, NS)[:9],
                                          self.message(query, SOA, NS)[9:],
                                          self.message(query, A), self.message(query, SOA)])
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("3 RRsets are the same", done.stdout)
        self.assertIn("serial 1 here, 5 there", done.stdout)

    def test_none_that_is_not_whole(self):
        m = self.message

        def wrong_id(reply):
            reply.id ^= 1

        rows = [
            (lambda q: [m(q, SOA, NS)], "it closed the connection before the zone's end"),
            (lambda q: [], "it closed the connection before the zone's end"),
            (lambda q: [m(q, SOA, NS, A)[:-5]], "it closed the connection"),
            (lambda q: [m(q, rcode=dns.rcode.REFUSED)], "it refuses: rcode 5"),
            (lambda q: [m(q, rcode=dns.rcode.NOTAUTH)], "it refuses: rcode 9"),
            (lambda q: [m(q, NS, SOA)], "its first record is not the zone's SOA"),
            (lambda q: [m(q, SOA, NS), m(q, SOA.replace(" 5 ", " 6 "))], "the zone changed"),
            (lambda q: [m(q, SOA, "b.example. 60 IN A 192.0.2.1")], "lies outside of the zone"),
            (lambda q: [m(q, SOA, change=wrong_id)], "it answered another question"),
            (lambda q: [m(q, SOA), m(q)], "a message without records"),
            (lambda q: [b"\x00\x05\x01\x02\x03\x04\x05"], "not a DNS message"),
            (lambda q: [m(q, SOA), m(q, SOA, A)], "comes behind the zone's end"),
        ]
        for make, said in rows:
            with self.subTest(said):
                done = self.verify(make)
                self.assertEqual(done.returncode, 1, done.stdout)
                self.assertIn(said, done.stderr)
                self.assertIn("transfer of a.example. from 127.0.0.1@", done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
