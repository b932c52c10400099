"""The short form of the failure matrix: a SQLite log, two controllers, three edges, every answer
checked. And that the checker sees what it is there for.
"""

import copy
import os
import pathlib
import random
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))

import dns.message  # noqa: E402

import rows_changes  # noqa: E402
import rows_edges  # noqa: E402
from checker import Verdict, account  # noqa: E402
from oracle import History  # noqa: E402
from running import BAD, attempt  # noqa: E402
from rows import ROWS  # noqa: E402
from stage import Stage  # noqa: E402

assert rows_changes and rows_edges
SHORT = ["F9", "F10", "F21", "F22", "F23"]


class Fleet(unittest.TestCase):
    def test_rows_on_one_machine_with_every_answer_checked(self):
        os.environ.setdefault("TIDEMARK_RACES", "30")
        with Stage("sqlite", rate=200, worlds=False) as stage:
            for name in SHORT:
                line = attempt(ROWS[name], stage, random.Random(name))
                print(f"{name}: {line['result']}, {line['seen']}", file=sys.stderr)
                self.assertNotEqual(line["result"], "FAILED", line.get("trace", line["seen"]))
            time.sleep(3.2)  # the asker's patience: by then every question has its fate
            verdict, counts = stage.conclude()
            print(counts, file=sys.stderr)
            self.assertEqual({name: counts[name] for name in BAD if counts[name]}, {}, verdict.bad)
            self.assertEqual(counts["queries_lost"], 0)
            self.assertGreater(counts["checked"], 2000)
            self.assertGreater(counts["accepted"], 20)


def put(name, kind, *records):
    return {"edit": "put_rrset", "name": name, "type": kind, "ttl": 300, "records": list(records)}


def change(number, expect, *edits, **more):
    return {"min_reader": 1, "change_id": f"c{number}", "author": "a", "author_epoch": 0,
            "acknowledged_removals": None, "pools": [], "zones": [{
                "zone": "z.", "expect": expect, "construction": False, "edits": list(edits)}],
            **more}


class Judging(unittest.TestCase):
    """A zone with an alias; then its target and the alias's TTL change, each in its own version."""

    QUESTIONS = [("alias.z.", "A")]

    def setUp(self):
        self.history = History()
        soa = put("z.", "SOA", "ns.z. h.z. 7 2 3 4 60")
        changes = [
            change(1, "absent", {"edit": "create_zone"}, soa, put("z.", "NS", "ns.z."),
                   put("ns.z.", "A", "192.0.2.1"), put("alias.z.", "CNAME", "www.z."),
                   put("www.z.", "A", "192.0.2.10")),
            change(2, {"exactly": 1}, put("www.z.", "A", "192.0.2.20")),
            change(3, {"exactly": 1}, put("www.z.", "A", "192.0.2.66")),  # came too late
            change(2, {"exactly": 1}, put("www.z.", "A", "192.0.2.77")),  # a twin
            change(4, {"exactly": 2}, put("alias.z.", "CNAME", "ns.z.")),
            change(5, "any", {"edit": "delete_rrset", "name": "none.z.", "type": "A"}),
        ]
        for offset, one in enumerate(changes):
            self.history.fold(copy.deepcopy(one), offset)

    def judge(self, seq, serial, *records, rcode=0):
        message = dns.message.make_response(dns.message.make_query("alias.z.", "A"))
        message.flags = 0x8400 | rcode
        for record in records:
            owner, ttl, kind, rdata = record.split(" ", 3)
            message.answer.append(dns.rrset.from_text(owner, int(ttl), "IN", kind, rdata))
        answers = {"bodies": [message.to_wire()[2:]], "seqs": {seq: {b"h"}}, "regressed": [],
                   "totals": {"unread": 0}, "entries": {(0, seq, serial, 0): [5, 0.0, "edge1"]}}
        verdict = Verdict(answers, self.QUESTIONS, self.history)
        return verdict.checked, verdict.wrong, verdict.mixed

    def test_only_what_the_log_accepted_has_a_number(self):
        self.assertEqual(self.history.seq, 3)
        self.assertEqual(self.history.twins, 1)
        self.assertEqual(self.history.fates["c3"], (None, "zone changed"))
        self.assertEqual(self.history.fates["c5"], (None, "rrset missing"))

    def test_an_answer_of_its_version_is_right(self):
        self.assertEqual(self.judge(2, 8, "alias.z. 300 CNAME www.z.", "www.z. 300 A 192.0.2.20"),
                         (5, 0, 0))
        self.assertEqual(self.judge(3, 9, "alias.z. 300 CNAME ns.z.", "ns.z. 300 A 192.0.2.1"),
                         (5, 0, 0))

    def test_an_answer_of_another_version_is_found(self):
        old = ("alias.z. 300 CNAME www.z.", "www.z. 300 A 192.0.2.10")
        self.assertEqual(self.judge(1, 7, *old), (5, 0, 0))
        self.assertEqual(self.judge(2, 8, *old)[1:], (0, 5))
        self.assertEqual(self.judge(1, 8, *old)[1:], (0, 5), "the zone's serial is another one")

    def test_records_of_two_versions_are_mixed(self):
        self.assertEqual(self.judge(3, 9, "alias.z. 300 CNAME www.z.", "www.z. 300 A 192.0.2.20"),
                         (5, 0, 5))

    def test_what_never_was_is_wrong(self):
        self.assertEqual(self.judge(2, 8, "alias.z. 300 CNAME www.z.", "www.z. 300 A 192.0.2.66"),
                         (5, 5, 0))
        self.assertEqual(self.judge(2, 8), (5, 0, 5), "an answer without its records")
        self.assertEqual(self.judge(2, 8, rcode=3)[1], 5)
        self.assertEqual(self.judge(9, 9, "alias.z. 300 CNAME ns.z.", rcode=2)[1], 5)

    def test_a_log_that_was_filled_again_goes_on_from_the_version_of_before(self):
        succession = {**change(9, "any"), "zones": [], "succession": {"seq": 3}}
        filled = History()
        filled.before = self.history
        zone = [put(owner, kind, *value[1]) for (owner, kind), value in
                self.history.zones["z."].rrsets.items() if kind != "SOA"]
        serial = self.history.zones["z."].serial
        zone.append(put("z.", "SOA", f"ns.z. h.z. {serial} 2 3 4 60"))
        zone.sort(key=lambda edit: edit["name"] != "www.z.")
        filled.fold(change(7, "absent", {"edit": "create_zone"}, *zone[1:]), 0)
        filled.fold(copy.deepcopy(succession), 1)
        self.assertEqual(filled.fates["c9"], (None, "it holds something else than the log before"))
        filled.fold(change(8, "any", zone[0], zone[-1]), 2)
        filled.zones["z."].serial = serial  # a refill puts the serials that were
        filled.fold({**succession, "change_id": "c10"}, 3)
        self.assertEqual(filled.seq, 4)
        filled.fold(change(11, {"exactly": 4}, put("www.z.", "A", "192.0.2.30")), 4)
        self.assertEqual(filled.seq, 5)
        was = ("alias.z.", "A", 2)
        self.assertEqual(filled.expected(*was), self.history.expected(*was))
        self.assertIn(("www.z.", "A", 300, "192.0.2.30"), filled.expected("www.z.", "A", 5)[2])

    def test_an_accepted_change_that_is_nowhere_is_lost(self):
        class Told:
            strange = []
            told = [{"status": 200, "change_id": one} for one in ("c1", "c3", "never")]
            told.append({"status": 202, "change_id": "c3"})
        counts = account([Told], self.history)
        self.assertEqual((counts["lost"], counts["accepted"], counts["pending"]), (2, 3, 1))


if __name__ == "__main__":
    unittest.main(verbosity=2)
