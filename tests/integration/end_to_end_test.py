"""From a change to an answer, through a real log: SQLite and Apache Kafka.

usage: end_to_end_test.py sqlite|kafka [unittest arguments]
"""

import json
import signal
import sys
import time
import unittest

import dns.flags
import dns.rcode

from fleet import DEADLINE_S, ZONE, Backend, Fleet, Process, free_port, wait_until

LOG_KIND = "sqlite"


def pool_of(backends):
    return {
        "endpoints": [{"id": f"b{i}", "address": f"127.0.0.{1 + i}"} for i in range(len(backends))],
        "check": {"kind": "http", "port": backends[0].port, "path": "/", "interval_ms": 200,
                  "timeout_ms": 150, "rise": 2, "fall": 2},
    }


class EndToEnd(unittest.TestCase):
    def test_a_change_reaches_every_edge_and_survives_a_crash_without_the_log(self):
        with Fleet(LOG_KIND) as fleet:
            imported = fleet.import_zone("example.org", ZONE)
            self.assertEqual(imported["zones"]["example.org."]["serial"], 1)
            fleet.wait_everywhere("www.example.org", "A", ["192.0.2.10", "192.0.2.11"])
            self._answers_are_those_of_an_authority(fleet)

            begun = time.monotonic()
            reply = fleet.call("PUT", "/v1/zones/example.org/rrsets/www/A",
                               {"ttl": 60, "rdata": ["192.0.2.99"]}, Prefer="wait=20",
                               Tidemark_Reason="move www")
            took_ms = (time.monotonic() - begun) * 1000
            self.assertEqual(reply.status, 200, reply)
            self.assertTrue(reply.json["acked"], reply)
            for edge in fleet.edges:  # at once: the reply promised it
                self.assertEqual(edge.texts("www.example.org"), ["192.0.2.99"], edge.node)
            print(f"{LOG_KIND}: record set acknowledged by 3 edges after {took_ms:.1f} ms")
            seq, state_hash = wait_until(fleet.same_version_everywhere, "one version everywhere")
            self.assertEqual(seq, reply.json["version"]["seq"])
            self.assertEqual(state_hash, reply.json["version"]["state_hash"])
            self._a_killed_edge_serves_from_its_file(fleet)

    def _answers_are_those_of_an_authority(self, fleet):
        for edge in fleet.edges:
            reply = edge.query("alias.example.org")
            self.assertTrue(reply.flags & dns.flags.AA)
            self.assertEqual([rrset.rdtype for rrset in reply.answer], [5, 1])
            self.assertEqual(edge.texts("x.y.wild.example.org", "TXT"), ['"anything"'])
            missing = edge.query("nope.example.org")
            self.assertEqual(missing.rcode(), dns.rcode.NXDOMAIN)
            self.assertEqual(missing.authority[0].ttl, 300)
            self.assertEqual(edge.query("www.example.org", "AAAA").rcode(), dns.rcode.NOERROR)
            referral = edge.query("x.sub.example.org")
            self.assertFalse(referral.flags & dns.flags.AA)
            self.assertEqual(len(referral.additional), 1)
            self.assertEqual(edge.query("example.com").rcode(), dns.rcode.REFUSED)
            self.assertEqual(edge.query("www.example.org", tcp=True).rcode(), dns.rcode.NOERROR)

    def _a_killed_edge_serves_from_its_file(self, fleet):
        edge = fleet.edges[0]
        wait_until(lambda: list((fleet.folder / edge.node).glob("*")), "the edge wrote a file")
        before = edge.version()["seq"]
        wait_until(lambda: (edge.version() or {}).get("snapshot_file_seq") == before,
                   "the edge's newest file holds the newest version", 60)
        fleet.log_down()
        edge.stop(signal.SIGKILL)
        edge.start()
        wait_until(lambda: edge.texts("www.example.org") == ["192.0.2.99"],
                   "the restarted edge answers from its own file")
        self.assertNotEqual(edge.version()["state"], "LIVE")
        fleet.log_up()
        wait_until(lambda: edge.version()["state"] == "LIVE", "the edge is LIVE again", 60)
        wait_until(lambda: fleet.status() is not None, "the controller answers")
        reply = wait_until(
            lambda: (lambda r: r if r.status == 200 else None)(fleet.call(
                "PUT", "/v1/zones/example.org/rrsets/back/A",
                {"ttl": 60, "rdata": ["192.0.2.50"]}, Tidemark_Reason="after the outage")),
            "a change is accepted again", 60)
        self.assertIn("version", reply.json)
        fleet.wait_everywhere("back.example.org", "A", ["192.0.2.50"], 60)

    def test_health_leaves_out_what_is_down_and_freezes_without_probers(self):
        backends = [Backend(), Backend()]
        backends[1].port = backends[0].port
        backends[1].address = "127.0.0.2"
        for backend in backends:
            backend.start()
        both, first, second = ["127.0.0.1", "127.0.0.2"], ["127.0.0.1"], ["127.0.0.2"]
        try:
            with Fleet(LOG_KIND) as fleet:
                fleet.import_zone("example.org", ZONE)
                reply = fleet.call("PUT", "/v1/pools/web", pool_of(backends), Tidemark_Reason="t")
                self.assertEqual(reply.status, 200, reply)
                reply = fleet.call("PUT", "/v1/zones/example.org/rrsets/app/POOL",
                                   {"ttl": 5, "rdata": ["web"]}, Tidemark_Reason="t")
                self.assertEqual(reply.status, 200, reply)
                fleet.prober.start()
                fleet.wait_everywhere("app.example.org", "A", both)
                wait_until(lambda: self._probed(fleet), "the prober has reported both endpoints")

                self._timed(fleet, "stop of one backend", backends[0].stop, second)
                self._timed(fleet, "its return", backends[0].start, both)
                backends[0].stop()
                fleet.wait_everywhere("app.example.org", "A", second)
                self._an_edge_says_why(fleet)
                backends[1].stop()
                fleet.wait_everywhere("app.example.org", "A", both)  # all down: as if all were up
                backends[1].start()
                fleet.wait_everywhere("app.example.org", "A", second)

                reply = fleet.call("PUT", "/v1/pools/web/endpoints/b1/override",
                                   {"state": "down"}, Tidemark_Reason="t")
                self.assertEqual(reply.status, 200, reply)
                fleet.call("DELETE", "/v1/pools/web/endpoints/b1/override", Tidemark_Reason="t")
                fleet.wait_everywhere("app.example.org", "A", second)

                fleet.prober.stop()
                fleet.controller.stop()
                time.sleep(12)  # longer than stale_after_ms: real time passes, log time does not
                for edge in fleet.edges:
                    self.assertEqual(edge.texts("app.example.org"), second, "verdicts freeze")
        finally:
            for backend in backends:
                backend.stop()

    def _an_edge_says_why(self, fleet):
        at = ("--edge", f"http://127.0.0.1:{fleet.edges[0].admin}")
        why = json.loads(fleet.cli("why", "app.example.org", "A", *at, "-o", "json").stdout)
        self.assertEqual(why["answer"], ["app.example.org. 5 IN A 127.0.0.2"])
        self.assertEqual([step["kind"] for step in why["steps"]],
                         ["zone", "name", "pool", "rrset"])
        verdicts = [(one["id"], one["up"], one["rule"], one["answered"])
                    for one in why["pools"][0]["endpoints"]]
        self.assertEqual(verdicts, [("b0", False, "quorum", False), ("b1", True, "quorum", True)])
        self.assertEqual(why["version"]["seq"], fleet.edges[0].version()["seq"])
        shown = fleet.cli("why", "nope.example.org", "MX", *at).stdout
        self.assertRegex(shown, r"(?m)^3 +nxdomain ")
        self.assertIn("NXDOMAIN", shown)

    def _probed(self, fleet):
        reply = fleet.call("GET", "/v1/health")
        verdicts = [endpoint for pool in reply.json["pools"] for endpoint in pool["endpoints"]]
        return len(verdicts) == 2 and all(
            endpoint["rule"] == "quorum" and endpoint["up"] for endpoint in verdicts)

    def _timed(self, fleet, what, act, wanted):
        begun = time.monotonic()
        act()
        fleet.wait_everywhere("app.example.org", "A", wanted)
        print(f"{LOG_KIND}: from {what} to the last of 3 edges: "
              f"{time.monotonic() - begun:.2f} s (check each 0.2 s, rise 2, fall 2)")

    def test_a_stale_plan_never_wins(self):
        with Fleet(LOG_KIND) as fleet:
            other_api = free_port()
            other = fleet.make_controller("controller2", other_api).start()
            fleet.others.append(other)
            wait_until(lambda: fleet.status(other_api) is not None, "the second controller answers")
            made = fleet.import_zone("example.org", ZONE)
            seq = made["zones"]["example.org."]["seq"]
            wait_until(lambda: fleet.call("GET", "/v1/zones/example.org", port=other_api).status
                       == 200, "the second controller has the zone")
            fleet.wait_everywhere("www.example.org", "A", ["192.0.2.10", "192.0.2.11"])

            other.send(signal.SIGSTOP)  # with the old plan in hand
            stale = PausedRequest(other_api, "/v1/zones/example.org/rrsets/www/A",
                                  {"ttl": 60, "rdata": ["192.0.2.66"]},
                                  {"If-Match": f'"{seq}"', "Tidemark-Reason": "old plan"})
            newer = fleet.call("PUT", "/v1/zones/example.org/rrsets/www/A",
                               {"ttl": 60, "rdata": ["192.0.2.77"]}, Prefer="wait=20",
                               Tidemark_Reason="newer plan")
            self.assertEqual(newer.status, 200, newer)
            other.send(signal.SIGCONT)
            refused = stale.reply()
            self.assertIn(refused[0], (409, 412), refused)
            for edge in fleet.edges:
                self.assertEqual(edge.texts("www.example.org"), ["192.0.2.77"])
            wait_until(fleet.same_version_everywhere, "one version everywhere")

    def test_bad_input_is_named_and_changes_nothing(self):
        with Fleet(LOG_KIND) as fleet:
            fleet.import_zone("example.org", ZONE)
            fleet.wait_everywhere("www.example.org", "A", ["192.0.2.10", "192.0.2.11"])
            before = wait_until(fleet.same_version_everywhere, "one version everywhere")
            broken = ZONE + "bad A 192.0.2.256\nworse AAAA nonsense\n"
            reply = fleet.call("PUT", "/v1/zones/example.org", broken, Content_Type="text/dns",
                               Tidemark_Reason="t")
            self.assertEqual(reply.status, 422, reply)
            lines = {one.get("line") for one in reply.json["error"]["details"]}
            self.assertEqual(lines, {15, 16}, reply)
            for method, path, body, status in (
                    ("PUT", "/v1/zones/example.org/rrsets/www/A", '{"ttl": 60,', 400),
                    ("PUT", "/v1/zones/example.org/rrsets/www/A", '{"ttl": "x", "rdata": []}', 400),
                    ("PUT", "/v1/zones/example.org/rrsets/www/A", '{"ttl": 60, "rdata": []}', 422),
                    ("PUT", "/v1/zones/example.org/rrsets/www/A",
                     '{"tl": 60, "rdata": ["1.2.3.4"]}', 400),
                    ("PUT", "/v1/zones/bad..name", ZONE, 400),
                    ("GET", "/v1/zones/absent.example", None, 404),
                    ("DELETE", "/v1/zones/absent.example", None, 404),
                    ("PUT", "/v1/pools/web", '{"endpoints": []}', 403)):
                reply = fleet.call(method, path, body, Content_Type="application/json"
                                   if body and body.startswith("{") else "text/dns",
                                   Tidemark_Reason="t")
                self.assertEqual(reply.status, status, (method, path, body, reply))
                self.assertIn("message", reply.json["error"], reply)
            self.assertEqual(fleet.same_version_everywhere(), before)
            self._an_undecodable_record_is_skipped_by_all(fleet, before)

    def _an_undecodable_record_is_skipped_by_all(self, fleet, before):
        append_garbage(fleet)
        for edge in fleet.edges:
            wait_until(lambda: edge.version()["undecodable"] == 1, f"{edge.node} counted it")
        self.assertEqual(fleet.same_version_everywhere(), before)
        chains = {edge.version()["chain"] for edge in fleet.edges}
        self.assertEqual(len(chains), 1, "the chain counts it alike")
        reply = fleet.call("PUT", "/v1/zones/example.org/rrsets/later/A",
                           {"ttl": 60, "rdata": ["192.0.2.5"]}, Tidemark_Reason="t")
        self.assertEqual(reply.status, 200, reply)
        fleet.wait_everywhere("later.example.org", "A", ["192.0.2.5"])

    def test_a_truncated_log_never_takes_answers_back(self):
        if LOG_KIND != "sqlite":
            self.skipTest("the log's end is cut by hand on SQLite only")
        with Fleet(LOG_KIND) as fleet:
            fleet.import_zone("example.org", ZONE)
            for number in range(5):
                reply = fleet.call("PUT", f"/v1/zones/example.org/rrsets/n{number}/A",
                                   {"ttl": 60, "rdata": ["192.0.2.5"]}, Prefer="wait=20")
                self.assertTrue(reply.json["acked"], reply)
            # Acknowledged by those that were live; all three must hold it.
            fleet.wait_everywhere("n4.example.org", "A", ["192.0.2.5"])
            before = wait_until(fleet.same_version_everywhere, "one version everywhere")
            truncate_log(fleet, 4)
            # The next append lands where others were: now everybody reads the log again.
            append_garbage(fleet)
            for edge in fleet.edges:
                wait_until(lambda: edge.version()["state"] == "DIVERGED", f"{edge.node} noticed")
            end = time.monotonic() + 5  # longer than the first pauses of recovery
            while time.monotonic() < end:
                for edge in fleet.edges:
                    self.assertEqual(edge.texts("n4.example.org"), ["192.0.2.5"], edge.node)
                    self.assertEqual(edge.version()["seq"], before[0])
                time.sleep(0.2)
            edge = fleet.edges[0]
            edge.stop(signal.SIGKILL)
            edge.start()
            wait_until(lambda: edge.texts("n4.example.org") == ["192.0.2.5"],
                       "the newest version survives a crash while diverged")
            # The controller sends again what the log lost; then the log goes past the edges.
            wait_until(lambda: fleet.call("PUT", "/v1/zones/example.org/rrsets/n9/A",
                                          {"ttl": 60, "rdata": ["192.0.2.9"]}).status == 200,
                       "the controller follows the log again")
            fleet.wait_everywhere("n9.example.org", "A", ["192.0.2.9"], 60)
            fleet.wait_everywhere("n4.example.org", "A", ["192.0.2.5"])
            wait_until(fleet.same_version_everywhere, "one version everywhere")


def truncate_log(fleet, position):
    import sqlite3
    with sqlite3.connect(fleet.log_file, timeout=20, isolation_level=None) as log:
        log.execute("BEGIN IMMEDIATE")
        (topic,) = log.execute("SELECT id FROM topic WHERE name=?",
                               (f"{fleet.dataset}.changes",)).fetchone()
        log.execute(f"DELETE FROM record_{topic} WHERE position>=?", (position,))
        log.execute("UPDATE topic SET next_position=? WHERE id=?", (position, topic))
        log.execute("COMMIT")


def append_garbage(fleet):
    import subprocess
    if fleet.log_kind == "kafka":
        subprocess.run(["kcat", "-b", fleet.log_url.removeprefix("kafka:"), "-t",
                        f"{fleet.dataset}.changes", "-p", "0", "-P", "-k", "garbage"],
                       input=b"this is no ChangeSet", check=True, capture_output=True)
        return
    import sqlite3
    with sqlite3.connect(fleet.log_file, timeout=20, isolation_level=None) as log:
        log.execute("BEGIN IMMEDIATE")
        topic, position = log.execute(
            "SELECT id, next_position FROM topic WHERE name=?",
            (f"{fleet.dataset}.changes",)).fetchone()
        log.execute(f"INSERT INTO record_{topic}(position, append_ms, key, value) VALUES(?,?,?,?)",
                    (position, int(time.time() * 1000), b"garbage", b"this is no ChangeSet"))
        log.execute("UPDATE topic SET next_position=next_position+1 WHERE id=?", (topic,))
        log.execute("COMMIT")


class PausedRequest:
    """A PUT that is sent while its server sleeps: it waits in the kernel until the server wakes."""

    def __init__(self, port, path, body, headers):
        import http.client
        import json
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE_S)
        self.connection.request("PUT", path, json.dumps(body),
                                {"Content-Type": "application/json", **headers})

    def reply(self):
        reply = self.connection.getresponse()
        text = reply.read().decode()
        self.connection.close()
        return reply.status, text


if __name__ == "__main__":
    LOG_KIND = sys.argv.pop(1) if len(sys.argv) > 1 and sys.argv[1] in ("sqlite", "kafka") \
        else LOG_KIND
    unittest.main(verbosity=2)
