"""A bad import: pinned away, rolled back, unpinned. Real programs, three edges.

usage: rollback_test.py [unittest arguments]
TIDEMARK_RECORDS: records of the bad import (3000); TIDEMARK_LOG_KIND: sqlite (default) or kafka
"""

import json
import os
import time
import unittest

from fleet import Fleet, wait_until

LOG_KIND = os.environ.get("TIDEMARK_LOG_KIND", "sqlite")
RECORDS = int(os.environ.get("TIDEMARK_RECORDS", "3000"))
HEAD = ("$ORIGIN example.org.\n$TTL 300\n@ SOA ns1 hostmaster 1 7200 900 1209600 300\n@ NS ns1\n"
        "ns1 A 192.0.2.1\nwww A 192.0.2.10\n")


def zone_text(octet):
    return HEAD + "".join(f"n{i} A 10.{octet}.{i >> 8 & 255}.{i & 255}\n" for i in range(RECORDS))


def serial_of(edge):
    return int(edge.texts("example.org", "SOA")[0].split()[2])


class Rollback(unittest.TestCase):
    def test_a_bad_import_is_pinned_away_and_rolled_back(self):
        with Fleet(LOG_KIND) as fleet:
            good = fleet.import_zone("example.org", zone_text(1))["version"]
            wait_until(fleet.same_version_everywhere, "one version everywhere")
            wait_until(lambda: sum(node["live"] for node in fleet.call(
                "GET", "/v1/fleet").json["nodes"]) == 3, "every edge has reported")
            self.content = self._content(fleet)
            bad = fleet.import_zone("example.org", zone_text(2), Prefer="wait=30")["version"]
            fleet.wait_everywhere("n1.example.org", "A", ["10.2.0.1"])
            self.bad_seq = bad["seq"]
            bad_serial = serial_of(fleet.edges[0])

            self._pin(fleet, good["seq"])
            self._fold_goes_on_under_the_pin(fleet, good["seq"])
            self._a_restart_without_the_log_stays_pinned(fleet, good["seq"])
            self._guards_of_pins(fleet)
            self._roll_back(fleet, good, bad_serial)
            self._less_than_the_fleet(fleet)
            self._what_came_in_between(fleet, good["seq"])
            self.assertGreater(self.after_seq, bad["seq"])

    def _content(self, fleet):
        """Every record of the zone but its SOA, as the controller writes it."""
        text = fleet.call("GET", "/v1/zones/example.org", Accept="text/dns").body
        lines = [line for line in text.splitlines() if " SOA " not in line]
        self.assertGreater(len(lines), RECORDS)
        return sorted(lines)

    def _pin(self, fleet, seq):
        begun = time.monotonic()
        reply = fleet.call("POST", "/v1/pins/fleet", {"seq": seq, "reason": "the import was wrong"},
                           Prefer="wait=20", Tidemark_Author="alice")
        acked = (time.monotonic() - begun) * 1000
        self.assertEqual(reply.status, 200, reply)
        self.assertTrue(reply.json["acked"], reply)
        self.assertEqual(len(reply.json["edges"]), 3, reply)
        for edge in fleet.edges:
            self.assertEqual(edge.texts("n1.example.org"), ["10.1.0.1"], edge.node)
        print(f"pin of a fleet that served {RECORDS} wrong records: obeyed by 3 edges after "
              f"{acked:.1f} ms (their reports read back by the controller)")
        for edge in fleet.edges:
            version = edge.version()
            self.assertEqual((version["seq"], version["pin"]["scope"]), (seq, "fleet"))
            self.assertEqual(version["pin"]["author"], "alice")
            self.assertIn(f"\ntidemark_pinned_seq {seq}\n", edge.metrics())
        self.assertIn(f"fleet@{seq}", fleet.cli("fleet").stdout)
        self.assertIn("by alice: the import was wrong", fleet.cli("status").stdout)
        self.assertIn("edge1 edge2 edge3", fleet.cli("pins").stdout)

    def _fold_goes_on_under_the_pin(self, fleet, seq):
        other = HEAD.replace("example.org", "other.example") + "".join(
            f"n{i} A 192.0.2.{i}\n" for i in range(12))
        reply = fleet.call("PUT", "/v1/zones/other.example", other, Content_Type="text/dns")
        self.assertEqual(reply.status, 200, reply)
        staged = reply.json["version"]["seq"]
        for edge in fleet.edges:
            wait_until(lambda: edge.version()["staged_seq"] == staged, "staged goes on")
            self.assertEqual(edge.version()["seq"], seq)
            self.assertIsNone(edge.texts("www.other.example"))

    def _a_restart_without_the_log_stays_pinned(self, fleet, seq):
        edge = fleet.edges[2]
        wait_until(lambda: list((fleet.folder / edge.node).glob(f"pinned-{seq}-*.tmpin")) and
                   (fleet.folder / edge.node / "pin.tmct").exists(), "the pin is on the disk")
        edge.stop()
        fleet.log_down()
        edge.start()
        wait_until(lambda: edge.texts("n1.example.org") == ["10.1.0.1"], "the pinned version")
        wait_until(lambda: edge.version()["seq"] == seq, "and it says so")
        fleet.log_up()
        wait_until(lambda: fleet.status()["state"] == "LIVE" and
                   all(one.version()["state"] == "LIVE" for one in fleet.edges),
                   "the log is followed again")
        self.assertEqual(edge.version()["seq"], seq)

    def _guards_of_pins(self, fleet):
        for body, status in (({"seq": 10 ** 6, "reason": "x"}, 422), ({"seq": 0}, 400),
                             ({"seq": 1, "lineage": "0" * 32}, 422), ({"reason": "x"}, 400)):
            reply = fleet.call("POST", "/v1/pins/fleet", body)
            self.assertEqual(reply.status, status, reply)
        self.assertEqual(fleet.call("POST", "/v1/pins/all", {"seq": 1}).status, 400)
        self.assertEqual(fleet.call("DELETE", "/v1/pins/ring:none").status, 404)
        self.assertEqual(fleet.call("DELETE", "/v1/pins/fleet?own=1", Tidemark_Author="bob").status,
                         409)

    def _roll_back(self, fleet, good, bad_serial):
        dry = fleet.cli("--author", "alice", "rollback", "example.org", "--to", good["seq"],
                        "--dry-run")
        self.assertIn(f"{RECORDS} changed", dry.stdout)
        self.assertIn("- n1.example.org. 300 IN A 10.2.0.1", dry.stdout)
        self.assertIn("+ n1.example.org. 300 IN A 10.1.0.1", dry.stdout)
        begun = time.monotonic()
        done = fleet.cli("--author", "alice", "rollback", "example.org", "--to", good["seq"],
                         "--reason", "the import was wrong", "--unpin", "--wait", "30")
        took = time.monotonic() - begun
        self.assertIn("fleet is no longer pinned", done.stdout)
        print(f"rollback of {RECORDS} records, shown first, and the end of the pin: {took:.2f} s")
        for edge in fleet.edges:
            self.assertEqual(edge.texts("n1.example.org"), ["10.1.0.1"], edge.node)
            self.assertEqual(edge.texts("www.other.example"), ["192.0.2.10"], edge.node)
            self.assertGreater(serial_of(edge), bad_serial)
            self.assertNotIn("pin", edge.version())
        self.assertTrue(self._content(fleet) == self.content, "the revert is exact")
        self.after_seq = fleet.status()["version"]["seq"]
        again = fleet.cli("--author", "alice", "rollback", "example.org", "--to", good["seq"],
                          "--dry-run")
        self.assertIn("no difference", again.stdout)
        self.assertEqual(fleet.call("GET", "/v1/pins").json["pins"], [])

    def _less_than_the_fleet(self, fleet):
        first, second, third = fleet.edges
        fleet.cli("pin", self.bad_seq, "--node", "edge1", "--reason", "look", "--wait", "20")
        fleet.cli("pin", 1, "--ring", "default", "--reason", "look", "--wait", "20")
        self.assertEqual(first.version()["seq"], self.bad_seq, "a node's own pin comes first")
        self.assertEqual([second.version()["seq"], third.version()["seq"]], [1, 1])
        fleet.cli("unpin", "--node", "edge1", "--reason", "seen", "--wait", "20")
        self.assertEqual(first.version()["seq"], 1, "then that of its ring")
        fleet.cli("unpin", "--ring", "default", "--reason", "seen", "--wait", "20")
        newest = fleet.status()["version"]["seq"]
        self.assertEqual([edge.version()["seq"] for edge in fleet.edges], [newest] * 3)

    def _what_came_in_between(self, fleet, seq):
        """With --all it goes: the other zone was not there then."""
        listed = fleet.call("GET", f"/v1/rollback?to={seq}").json
        self.assertEqual([(one["zone"], one["rollback"]) for one in listed["zones"]],
                         [("other.example.", "removed")], listed)
        refused = fleet.cli("rollback", "--all", "--to", seq, "--reason", "x", check=False)
        self.assertEqual(refused.returncode, 4, refused)
        fleet.cli("rollback", "--all", "--to", seq, "--reason", "x", "--yes", "--wait", "30")
        for edge in fleet.edges:
            self.assertIsNone(edge.texts("www.other.example"))
        history = fleet.call("GET", "/v1/changes?zone=other.example").json["changes"]
        self.assertEqual(len(history), 2, json.dumps(history))

        # A controller that started anew holds no old version: the history index knows it.
        fleet.controller.stop()
        fleet.controller.start()
        wait_until(lambda: (fleet.status() or {}).get("state") == "LIVE", "the controller is back")
        older = fleet.cli("rollback", "example.org", "--to", self.bad_seq, "--dry-run")
        self.assertIn(f"{RECORDS} changed", older.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
