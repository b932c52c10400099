"""Last known good: a change that crashes an edge, at load, a second later, or longer.

The edge is tidemark-edge with a fault planted in it: it aborts because of one name. It must be back
on the version before, hold there, say so, and go on when somebody lets it.

usage: good_test.py [unittest arguments]
TIDEMARK_PLANT: only this fault: "load", or seconds after the activation (long form: 20)
"""

import os
import pathlib
import signal
import threading
import time
import unittest

from fleet import BIN, Fleet, Process, ZONE, wait_until

PLANTED = pathlib.Path(os.environ.get("TIDEMARK_PLANTED", BIN.parent / "tests/planted_edge"))
ONLY = os.environ.get("TIDEMARK_PLANT")
RIGHT = ["192.0.2.10", "192.0.2.11"]


class Supervisor:
    """Starts the process again when it crashed, as a service manager does."""

    def __init__(self, process):
        self.process, self.codes, self.ending = process, [], threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        while not self.ending.wait(0.05):
            code = self.process.child.poll()
            if code is None:
                continue
            self.codes.append(code)
            self.process.start()

    def stop(self):
        self.ending.set()
        self.thread.join()


class LastGood(unittest.TestCase):
    def test_at_load(self):
        self._drill("load")

    def test_a_second_later(self):
        self._drill("1")

    def test_in_the_first_ring_the_revert_lets_it_go(self):
        if ONLY is not None:
            self.skipTest(f"only {ONLY}")
        window = 3
        with Fleet("sqlite", edges=2, workers=1) as fleet:
            edge, other = fleet.edges
            config = fleet.folder / "controller.yaml"
            config.write_text("rings:\n  - {name: canary, soak: 8}\n  - {name: eu}\n")
            for process, more in ((fleet.controller, ["--config", str(config)]),
                                  (edge, ["--ring", "canary"]), (other, ["--ring", "eu"])):
                process.stop()
                process.arguments += more
            fleet.controller.start()
            wait_until(lambda: fleet.status() is not None, "the controller answers")
            other.start()
            self._plant(fleet, edge, "1", window)
            fleet.import_zone("example.org", ZONE)
            wait_until(lambda: self._rollout(fleet)["rings"][1]["gated"], "the ring is gated")
            fleet.wait_everywhere("www.example.org", "A", RIGHT)
            good = fleet.status()["version"]["seq"]
            wait_until(lambda: (edge.version() or {}).get("last_good", {}).get("seq") == good,
                       "the version proves good", window + 30)
            supervisor = Supervisor(edge)
            begun = time.monotonic()
            try:
                bad = self._put(fleet, "boom", "192.0.2.66")
                wait_until(lambda: (self._rollout(fleet)["stop"] or {}).get("undone"),
                           "the roll-out stops and reverts", 40)
                newest = fleet.status()["version"]["seq"]
                self.assertGreater(newest, bad)
                for one in fleet.edges:
                    wait_until(lambda: (one.version() or {}).get("seq") == newest,
                               f"{one.node} serves the revert", 40)
                took = time.monotonic() - begun
                self.assertNotIn("held", edge.version())
                self.assertLessEqual(len(supervisor.codes), 2)
                self.assertEqual(set(supervisor.codes), {-signal.SIGABRT})
                for one in fleet.edges:
                    self.assertIsNone(one.texts("boom.example.org"))
                    self.assertEqual(one.texts("www.example.org"), RIGHT)
            finally:
                supervisor.stop()
            print(f"planted crash in the first ring: {len(supervisor.codes)} crashes there, "
                  f"stopped, reverted, and everywhere the revert after {took:.1f} s")

    def _rollout(self, fleet):
        return fleet.call("GET", "/v1/rollout").json

    def _drill(self, when):
        if ONLY not in (None, when) and when == "load":
            self.skipTest(f"only {ONLY}")
        when = ONLY or when
        window = 3 if when == "load" else int(when) + 2
        with Fleet("sqlite", edges=2, workers=1) as fleet:
            edge, other = fleet.edges
            self._plant(fleet, edge, when, window)
            fleet.import_zone("example.org", ZONE)
            fleet.wait_everywhere("www.example.org", "A", RIGHT)
            good = fleet.status()["version"]["seq"]
            wait_until(lambda: (edge.version() or {}).get("last_good", {}).get("seq") == good,
                       "the version proves good", window + 30)
            supervisor = Supervisor(edge)
            begun = time.monotonic()
            try:
                bad = self._put(fleet, "boom", "192.0.2.66")
                held = wait_until(lambda: (edge.version() or {}).get("held"), "it holds",
                                  2 * window + 30)
                wait_until(lambda: edge.texts("www.example.org") == RIGHT, "it answers", 30)
                took = time.monotonic() - begun
                self.assertEqual(held["before_seq"], bad)
                self.assertIn("crashed 2 times", held["reason"])
                self.assertEqual(supervisor.codes, [-signal.SIGABRT] * 2)
                self._is_told(fleet, edge, other, bad)
                self._goes_on_when_let(fleet, edge, bad)
                self.assertEqual(supervisor.codes, [-signal.SIGABRT] * 2)
            finally:
                supervisor.stop()
            print(f"planted crash, {when}: 2 crashes, back before version {bad} and answering "
                  f"after {took:.1f} s")

    def _plant(self, fleet, edge, when, window):
        edge.stop()
        config = fleet.folder / "planted.yaml"
        anycast = fleet.folder / "anycast"
        config.write_text(f"last_good: {{soak_seconds: {window}, "
                          f"crash_window_seconds: {window}}}\n"
                          f"withdrawal: {{file: {anycast}, after_seconds: 2, "
                          "again_seconds: 1}\n")
        self.seen = fleet.folder / "seen"
        watcher = Process("watch", [BIN / "tidemark", "watch-withdrawal", "--file", anycast,
                                    "--run", f'echo "$1" >> {self.seen}'], fleet.folder)
        fleet.others.append(watcher.start())
        edge.arguments[0] = str(PLANTED)
        edge.arguments += ["--config", str(config)]
        edge.launch["env"] = {**os.environ, "TIDEMARK_PLANT": when}
        edge.start()

    def _put(self, fleet, name, address):
        reply = fleet.call("PUT", f"/v1/zones/example.org/rrsets/{name}/A",
                           {"ttl": 60, "rdata": [address]}, Tidemark_Reason="drill")
        self.assertEqual(reply.status, 200, reply)
        return reply.json["version"]["seq"]

    def _is_told(self, fleet, edge, other, bad):
        wait_until(lambda: other.texts("boom.example.org") == ["192.0.2.66"],
                   "the other edge serves the change")
        self.assertIsNone(edge.texts("boom.example.org"))
        later = self._put(fleet, "later", "192.0.2.77")
        wait_until(lambda: other.texts("later.example.org") == ["192.0.2.77"], "and later ones")
        self.assertIsNone(edge.texts("later.example.org"))
        shown = wait_until(lambda: next((line for line in fleet.cli("fleet").stdout.splitlines()
                                         if "holds before version" in line), None), "fleet tells")
        self.assertIn(edge.node, shown)
        self.assertIn(f"holds before version {bad}", shown)
        self.assertIn(f"\ntidemark_held_before_seq {bad}\n", edge.metrics())
        self.assertGreater(later, bad)
        version = edge.version()
        self.assertEqual((version["state"], version["zones_behind"]), ("LIVE", 0),
                         "what it holds before is not folded")
        # It lags behind a fresh peer: others should take its queries, and it answers all the same.
        wait_until(lambda: self._words()[-1:] == ["withdraw"], "it wants to be withdrawn")
        self.assertIn("announce", self._words())
        node = next(one for one in fleet.call("GET", "/v1/fleet").json["nodes"]
                    if one["node"] == edge.node)
        self.assertTrue(node["wants_withdrawal"], node)
        self.assertEqual(edge.texts("www.example.org"), RIGHT)

    def _words(self):
        return self.seen.read_text().split() if self.seen.exists() else []

    def _goes_on_when_let(self, fleet, edge, bad):
        fleet.call("DELETE", "/v1/zones/example.org/rrsets/boom/A", Tidemark_Reason="drill")
        newest = fleet.status()["version"]["seq"]
        done = fleet.cli("--author", "alice", "fleet", "release", edge.node, "--reason", "mended")
        self.assertIn(edge.node, done.stdout)
        wait_until(lambda: (edge.version() or {}).get("seq") == newest, "it serves the newest")
        self.assertNotIn("held", edge.version())
        self.assertEqual(edge.texts("later.example.org"), ["192.0.2.77"])
        wait_until(lambda: "holds before" not in fleet.cli("fleet").stdout, "nothing to tell")
        wait_until(lambda: self._words()[-1:] == ["announce"], "and wants to be announced")


if __name__ == "__main__":
    unittest.main(verbosity=2)
