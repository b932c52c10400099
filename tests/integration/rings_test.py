"""The ring drill: a change that is complained of, one that raises NXDOMAIN, one that kills.

Each must stop at the first ring and be reverted, and no edge of another ring may ever serve it.
Real programs: two controllers without a leader, three edges in three rings, one log.

usage: rings_test.py [unittest arguments]
TIDEMARK_LOG_KIND: sqlite (default) or kafka
TIDEMARK_CRASH_S: seconds after the activation at which the process is killed (2; long form: 20)
"""

import os
import signal
import subprocess
import threading
import time
import unittest

from fleet import BIN, Fleet, free_port, wait_until

LOG_KIND = os.environ.get("TIDEMARK_LOG_KIND", "sqlite")
CRASH_S = float(os.environ.get("TIDEMARK_CRASH_S", "2"))
SOAK_S = int(CRASH_S) + 2
RINGS = ["canary", "eu", "us"]
ZONE = ("$ORIGIN example.org.\n$TTL 300\n@ SOA ns1 hostmaster 1 7200 900 1209600 300\n@ NS ns1\n"
        "ns1 A 192.0.2.1\nwww A 192.0.2.10\napp A 192.0.2.20\n")
GOOD, BAD = "192.0.2.10", "192.0.2.66"


class RingFleet(Fleet):
    """One edge a ring, two controllers that know the rings."""

    def __init__(self):
        super().__init__(LOG_KIND, edges=3, workers=1)
        config = self.folder / "controller.yaml"
        config.write_text(
            f"rings:\n  - {{name: canary, soak: {SOAK_S}}}\n  - {{name: eu, soak: 1}}\n"
            "  - {name: us}\nrollout:\n  answers_min: 50\n")
        self.second_api = free_port()
        self.second = self.make_controller("controller2", self.second_api)
        for controller in (self.controller, self.second):
            controller.arguments += ["--config", str(config)]
        for edge, ring in zip(self.edges, RINGS):
            edge.arguments += ["--ring", ring]
        self.others.append(self.second)

    def __enter__(self):
        super().__enter__()
        self.second.start()
        wait_until(lambda: self.status(self.second_api) is not None, "the second controller")
        return self

    def rollout(self, port=None):
        return self.call("GET", "/v1/rollout", port=port).json

    def stop_of(self, change):
        stop = self.rollout()["stop"]
        return stop if stop and stop["change_id"] == change else None


class Watcher:
    """Asks each edge again and again; remembers what was answered."""

    def __init__(self, fleet):
        self.fleet, self.ending = fleet, threading.Event()
        self.seen = {edge.node: set() for edge in fleet.edges}
        self.asked = {edge.node: 0 for edge in fleet.edges}
        self.threads = [threading.Thread(target=self._ask, args=(edge,), daemon=True)
                        for edge in fleet.edges]
        for thread in self.threads:
            thread.start()

    def _ask(self, edge):
        while not self.ending.wait(0.01):
            for name in ("www.example.org", "app.example.org"):
                reply = edge.query(name, timeout=0.5)
                if reply is None:
                    continue
                self.asked[edge.node] += 1
                texts = [record.to_text() for rrset in reply.answer for record in rrset]
                self.seen[edge.node].add((name, tuple(sorted(texts))))

    def stop(self):
        self.ending.set()
        for thread in self.threads:
            thread.join()


class Rings(unittest.TestCase):
    def test_three_bad_changes_stop_at_the_first_ring(self):
        with RingFleet() as fleet:
            self.fleet = fleet
            fleet.import_zone("example.org", ZONE)
            wait_until(lambda: fleet.rollout()["rings"][2]["gated"], "the rings are gated")
            fleet.wait_everywhere("www.example.org", "A", [GOOD])
            watcher = Watcher(fleet)
            try:
                self._a_good_change_reaches_all_rings()
                self._a_nack()
                self._nxdomain()
                self._a_crash()
            finally:
                watcher.stop()
            for edge in fleet.edges[1:]:
                answered = watcher.seen[edge.node]
                self.assertNotIn(("www.example.org", (BAD,)), answered, edge.node)
                self.assertNotIn(("app.example.org", ()), answered, edge.node)
                self.assertGreater(watcher.asked[edge.node], 200)
            self.assertIn(("www.example.org", (BAD,)), watcher.seen["edge1"])
            self.assertIn(("app.example.org", ()), watcher.seen["edge1"])
            print(f"ring drill: answers looked at {watcher.asked}; none of them bad outside the "
                  "first ring")

    def _change(self, *words):
        done = self.fleet.call("PUT", "/v1/zones/example.org/rrsets/www/A",
                               {"ttl": 60, "rdata": list(words)}, Tidemark_Reason="drill").json
        return done["change_id"], done["version"]["seq"], done["offset"]

    def _a_good_change_reaches_all_rings(self):
        begun = time.monotonic()
        change, seq, _ = self._change(GOOD, "192.0.2.11")
        self._wait(change, "ring:canary", 10)
        first = time.monotonic() - begun
        self.assertLess(self.fleet.edges[1].version()["seq"], seq, "it soaks")
        straggler = self._progress(change)["stragglers"][0]
        self.assertEqual(straggler["node"], "edge2")
        self.assertIn("ring eu may activate", straggler["why"])
        self._wait(change, "all", SOAK_S + 20)
        took = time.monotonic() - begun
        times = self._progress(change)["times_ms"]
        self.assertGreater(times["all"], SOAK_S * 1000)
        self.assertLess(times["first"], 5000)
        self.assertGreater(took, SOAK_S)
        print(f"a good change: first ring {first:.2f} s, all rings {took:.1f} s "
              f"(soak {SOAK_S} + 1 s)")
        restored, _, _ = self._change(GOOD)
        self._wait(restored, "all", SOAK_S + 20)

    def _progress(self, change, on="all"):
        return self.fleet.call("GET", f"/v1/changes/{change}/progress?on={on}").json

    def _wait(self, change, on, deadline_s):
        wait_until(lambda: self._progress(change, on)["reached"], f"{on} serves {change}",
                   deadline_s)

    def _undone(self, what, change, begun):
        stop = wait_until(lambda: self.fleet.stop_of(change), f"{what}: stopped", SOAK_S + 20)
        stopped = time.monotonic() - begun
        wait_until(lambda: (self.fleet.stop_of(change) or {}).get("undone"), f"{what}: undone", 20)
        undone = time.monotonic() - begun
        print(f"{what}: stopped after {stopped:.1f} s, reverted after {undone:.1f} s: "
              f"{stop['reason']}")
        self.assertEqual(self.fleet.call("GET", "/v1/zones/example.org/rrsets/www/A").json["rdata"],
                         [GOOD])
        self.assertEqual(self.fleet.call("GET", "/v1/zones/example.org/rrsets/app/A").json["rdata"],
                         ["192.0.2.20"])
        other = self.fleet.rollout(self.fleet.second_api)["stop"]
        self.assertEqual(other["change_id"], change, "both controllers say the same")
        return stop

    def _healed(self):
        newest = self.fleet.status()["version"]["seq"]
        for edge in self.fleet.edges:
            wait_until(lambda: (edge.version() or {}).get("seq", 0) >= newest,
                       f"{edge.node} serves the revert", SOAK_S + 20)

    def _a_nack(self):
        begun = time.monotonic()
        change, seq, offset = self._change(BAD)
        wait_until(lambda: self.fleet.edges[0].version()["seq"] == seq, "the canary serves it")
        version = self.fleet.status()["version"]
        subprocess.run([BIN / "tidemark-fleet-report", self.fleet.log_url, self.fleet.dataset,
                        "edge-old", "canary", version["lineage"], str(seq - 1), str(offset), change,
                        "cannot be decoded: unknown edit"], check=True)
        self._undone("a NACK", change, begun)
        events = self.fleet.call("GET", "/v1/events?limit=1000").json["events"]
        self.assertIn("stopped", [event["data"].get("what") for event in events])
        self._healed()

    def _nxdomain(self):
        time_for_answers = time.monotonic() + 1.5  # the reference: answers of before
        wait_until(lambda: time.monotonic() > time_for_answers, "some answers")
        begun = time.monotonic()
        done = self.fleet.call("DELETE", "/v1/zones/example.org/rrsets/app/A").json
        self._undone("a rise of NXDOMAIN", done["change_id"], begun)
        self._healed()

    def _a_crash(self):
        edge = self.fleet.edges[0]
        change, seq, _ = self._change(BAD)
        wait_until(lambda: edge.version()["seq"] == seq, "the canary serves it")
        begun = time.monotonic()
        due = begun + CRASH_S
        wait_until(lambda: time.monotonic() > due, "the time of the crash", CRASH_S + 10)
        edge.stop(signal.SIGKILL)
        edge.start()
        self._undone(f"a crash {CRASH_S:.0f} s after the activation", change, begun)
        wait_until(lambda: edge.texts("www.example.org") == [GOOD], "the canary is back")
        self._healed()


class Rollback(unittest.TestCase):
    def test_no_ring_serves_what_was_rolled_back_once_the_pin_ends(self):
        with RingFleet() as fleet:
            fleet.import_zone("example.org", ZONE)
            wait_until(lambda: fleet.rollout()["rings"][2]["gated"], "the rings are gated")
            fleet.wait_everywhere("www.example.org", "A", [GOOD])
            good = fleet.status()["version"]["seq"]
            fleet.call("PUT", "/v1/zones/example.org/rrsets/www/A", {"ttl": 60, "rdata": [BAD]},
                       Tidemark_Reason="x")
            for ring in RINGS[1:]:
                fleet.cli("rollout", "promote", ring, "--reason", "by mistake")
            fleet.wait_everywhere("www.example.org", "A", [BAD])
            back = fleet.cli("rollout", "promote", "us", "--to", good, "--reason", "back",
                             check=False)
            self.assertIn(f"tidemark pin {good} --ring us", back.stderr)
            alice = ["--author", "alice"]
            fleet.cli(*alice, "pin", good, "--reason", "it was bad", "--wait", "20")
            fleet.wait_everywhere("www.example.org", "A", [GOOD])
            watcher = Watcher(fleet)
            try:
                begun = time.monotonic()
                fleet.cli(*alice, "rollback", "example.org", "--to", good, "--reason", "it was bad",
                          "--unpin", "--wait", "20")
                took = time.monotonic() - begun
                newest = fleet.status()["version"]["seq"]
                wait_until(lambda: {edge.version()["seq"] for edge in fleet.edges} == {newest},
                           "the revert is served in every ring")
                asked = dict(watcher.asked)
                wait_until(lambda: all(watcher.asked[node] > asked[node] + 50 for node in asked),
                           "answers since")
            finally:
                watcher.stop()
            for edge in fleet.edges:
                self.assertNotIn(("www.example.org", (BAD,)), watcher.seen[edge.node], edge.node)
            self.assertEqual(fleet.call("GET", "/v1/pins").json["pins"], [])
            print(f"rollback and end of the pin in three rings: {took:.1f} s, bad answers: 0 of "
                  f"{sum(watcher.asked.values())}")


class CommandLine(unittest.TestCase):
    def test_wait_events_and_orders(self):
        with RingFleet() as fleet:
            fleet.import_zone("example.org", ZONE)
            wait_until(lambda: fleet.rollout()["rings"][2]["gated"], "the rings are gated")
            wait_until(lambda: len(fleet.call("GET", "/v1/fleet").json["nodes"]) == 3,
                       "all have reported: a ring that nobody knows is refused")
            change = fleet.call("PUT", "/v1/zones/example.org/rrsets/www/A",
                                {"ttl": 60, "rdata": [BAD]}, Tidemark_Reason="x").json["change_id"]
            fleet.cli("wait", change, "--on", "ring:canary", "--timeout", "20")
            short = fleet.cli("wait", change, "--timeout", "1", check=False)
            self.assertEqual(short.returncode, 5, short)
            self.assertIn("ring eu may activate", short.stderr)
            self.assertEqual(fleet.cli("wait", "f" * 32, check=False).returncode, 1)
            self.assertEqual(fleet.cli("wait", change, "--on", "most", check=False).returncode, 1)
            self.assertIn("canary", fleet.cli("rollout", "status").stdout)
            fleet.cli("--author", "alice", "rollout", "promote", "us", "--reason", "look")
            fleet.cli("wait", change, "--on", "ring:us", "--timeout", "20")
            fleet.cli("rollout", "release", "--all", "--reason", "the fix must out")
            done = fleet.cli("wait", change, "--timeout", "20")
            self.assertIn("3 of 3 live edges serve it", done.stdout)
            fleet.cli("rollout", "resume", "eu", "--reason", "out")
            events = fleet.cli("events", "--limit", "1000").stdout
            self.assertIn("what=released", events)
            self.assertIn("author=alice", events)
            watched = fleet.cli("fleet", "--watch", "--rounds", "2").stdout
            self.assertEqual(watched.count("edge1"), 2)


if __name__ == "__main__":
    unittest.main(verbosity=2)
