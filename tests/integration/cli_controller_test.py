"""What the command line says of a controller in trouble, played by a scripted one.

usage: cli_controller_test.py [unittest arguments]
"""

import http.server
import json
import select
import subprocess
import threading
import unittest

from cli_case import ERROR, OK, REASON, TIME_OUT, TOOL, Case, run
from fleet import free_port


class FakeController:
    """Answers as scripted: what a real one does only when something breaks."""

    def __init__(self, answer):
        fake = self
        self.asked = []

        class Answer(http.server.BaseHTTPRequestHandler):
            def do(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                fake.asked.append((self.command, self.path, dict(self.headers), body))
                reply = answer(self.command, self.path, len(fake.asked))
                if reply is None:  # the connection breaks
                    self.close_connection = True
                    return
                status, value = reply
                octets = value.encode() if isinstance(value, str) else json.dumps(value).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(octets)))
                self.end_headers()
                self.wfile.write(octets)

            do_GET = do_PUT = do_DELETE = do

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Scripted(Case):
    def fake(self, answer):
        fake = FakeController(answer)
        self.addCleanup(fake.stop)
        return fake

    def set_record(self, fake, *more):
        return run("--api", fake.url, "record", "set", "www", "A", "192.0.2.1", "--ttl", "60",
                   "--zone", "example.org", *REASON, *more)


class Controller(Scripted):
    def test_one_that_is_not_there_is_named(self):
        said = self.ends(ERROR, run("--api", f"http://127.0.0.1:{free_port()}", "fleet")).stderr
        self.assertIn("does not answer", said)
        self.assertIn("--api URL", said)
        fake = self.fake(lambda *_: (200, "<html>"))
        self.assertIn("no JSON", self.ends(ERROR, run("--api", fake.url, "fleet")).stderr)

    def test_a_broken_connection_is_tried_again_with_the_same_key(self):
        fake = self.fake(lambda method, path, count: None if count == 1 else (
            200, {"changed": True, "offset": 3, "version": {"seq": 4}, "zones": {}}))
        self.ends(OK, self.set_record(fake))
        keys = {headers["Idempotency-Key"] for _, _, headers, _ in fake.asked}
        self.assertEqual((len(fake.asked), len(keys)), (2, 1))
        self.assertIn("reason=test", fake.asked[0][1])

    def test_what_is_stored_is_followed_until_it_is_judged(self):
        states = ["pending", "pending", "accepted"]

        def answer(method, path, count):
            if method == "PUT":
                return 202, {"change_id": "ab", "state": "pending", "changes_url": "/v1/changes/ab"}
            if path == "/v1/status":
                return 200, {"outbox": {"changes": len(states)}}
            return 200, {"change_id": "ab", "state": states.pop(0), "seq": 9, "offset": 8}

        self.assertIn("seq 9", self.ends(OK, self.set_record(self.fake(answer))).stdout)
        states[:] = ["pending", "rejected"]
        self.assertIn("was rejected", self.ends(ERROR, self.set_record(self.fake(answer))).stderr)
        states[:] = ["pending"] * 1000
        said = self.ends(TIME_OUT, self.set_record(self.fake(answer), "--wait", "1")).stderr
        self.assertIn("tidemark changes ab", said)

    def test_edges_that_are_not_live_are_named(self):
        def answer(method, path, count):
            if path == "/v1/fleet":
                return 200, {"nodes": [{"node": "edge1", "live": True},
                                       {"node": "edge3", "live": False}]}
            return 200, {"changed": True, "offset": 3, "version": {"seq": 4}, "zones": {},
                         "change_id": "ab", "acked": acked, "edges": ["edge1"],
                         "stragglers": ["edge1"]}

        acked = True
        done = self.ends(OK, self.set_record(self.fake(answer), "--wait", "1"))
        self.assertIn("change ab\nserved by edge1\nnot live: edge3\n", done.stdout)
        done = self.ends(OK, self.set_record(self.fake(answer), "--wait", "1", "-o", "json"))
        self.assertIn("not live: edge3", done.stderr)
        self.assertNotIn("not live", self.ends(OK, self.set_record(self.fake(answer))).stdout)
        acked = False
        said = self.ends(TIME_OUT, self.set_record(self.fake(answer), "--wait", "1")).stderr
        self.assertIn("do not serve it: edge1 - not live: edge3", said)

    def test_a_token_is_sent_and_asked_for(self):
        def answer(method, path, count):
            return 401, {"error": {"code": "unauthorized", "message": "a token is needed"}}

        fake = self.fake(answer)
        token = self.file("token", "secret-of-the-test\n")
        said = self.ends(ERROR, run("--api", fake.url, "--token-file", token, "fleet")).stderr
        self.assertIn("--token-file", said)
        self.assertNotIn("secret-of-the-test", said)
        self.assertEqual(fake.asked[0][2]["Authorization"], "Bearer secret-of-the-test")


class Pipes(Scripted):
    """Who reads what is written again and again reads it at once."""

    def first_line(self, *arguments):
        with subprocess.Popen([TOOL, *arguments], stdout=subprocess.PIPE, text=True) as child:
            try:
                ready, _, _ = select.select([child.stdout], [], [], 30)
                self.assertTrue(ready, f"{arguments}: nothing within 30 s")
                return child.stdout.readline()
            finally:
                child.terminate()

    def test_events_and_fleet_are_not_kept_back(self):
        def answer(method, path, count):
            if path.startswith("/v1/events"):
                events = [{"id": "x-1", "event": "node", "data": {"node": "e1"}}]
                return 200, {"reset": False, "next": "x-1",
                             "events": [] if "after" in path else events}
            return 200, {"version": {"seq": 1}, "state": "LIVE", "nodes": []}

        fake = self.fake(answer)
        line = self.first_line("--api", fake.url, "events", "--follow")
        self.assertEqual(line, "x-1 node node=e1\n")
        line = self.first_line("--api", fake.url, "fleet", "--watch", "-o", "json")
        self.assertEqual(json.loads(line)["nodes"], [])


class Doubt(Scripted):
    """A controller that does not follow the log vouches for nothing."""

    def test_wait_fleet_and_diverged_say_so(self):
        told = {"state": "DIVERGED", "detail": "another record stands at offset 7"}

        def answer(method, path, count):
            if path.endswith("/progress?on=all"):
                return 200, {"change_id": "ab", "state": "unknown", "on": "all", "reached": False,
                             "controller": told, "nacks": []}
            if path == "/v1/fleet":
                return 200, {"version": {"seq": 4}, **told, "nodes": [
                    {"node": "edge1", "live": True, "active_seq": 4, "proof": "unknown"}]}
            if path == "/v1/fleet/diverged":
                return 200, {"controller": told, "nodes": [
                    {"node": "edge1", "proof": "unknown", "state": "LIVE",
                     "text": "reports LIVE, version 9", "rebuilds": 0}]}
            return 200, {"changed": False, "version": {"seq": 4}, "zones": {}}

        fake = self.fake(answer)
        at = ("--api", fake.url)
        doubt = "the controller itself is DIVERGED: another record stands at offset 7"
        said = self.ends(TIME_OUT, run(*at, "wait", "ab", "--timeout", "0")).stderr
        self.assertIn(doubt, said)
        self.assertIn("try: tidemark status", said)
        self.assertIn(doubt, self.ends(OK, run(*at, "fleet")).stdout)
        done = self.ends(ERROR, run(*at, "fleet", "diverged"))
        self.assertIn(doubt, done.stdout)
        self.assertIn("edge1: unknown: reports LIVE, version 9", done.stdout)
        self.assertIn("nothing was compared", done.stderr)
        said = self.ends(TIME_OUT, self.set_record(fake, "--wait", "1")).stderr  # is so already
        self.assertIn(doubt, said)

    def test_without_a_live_edge_nobody_serves_it(self):
        def answer(method, path, count):
            if path == "/v1/fleet":
                return 200, {"version": {"seq": 4}, "state": "LIVE",
                             "nodes": [{"node": "edge1", "live": False, "active_seq": 4}]}
            return 200, {"changed": False, "version": {"seq": 4}, "zones": {}}

        said = self.ends(TIME_OUT, self.set_record(self.fake(answer), "--wait", "1")).stderr
        self.assertIn("no live edge is known to serve it - not live: edge1", said)


if __name__ == "__main__":
    unittest.main(verbosity=2)
