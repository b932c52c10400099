"""Audit and time travel: what the controller's index, a log and an index file say of the past.

TIDEMARK_PAIRS: how many random (name, time) pairs are compared with an independent replay.
"""

import json
import os
import pathlib
import random
import signal
import tempfile
import unittest
import urllib.parse

from fleet import BIN, ZONE, Fleet, wait_until
from past_reader import PastReader, comparable, text_of

PAIRS = int(os.environ.get("TIDEMARK_PAIRS", "1000"))
SEED = int(os.environ.get("TIDEMARK_SEED", "5"))
NAMES = [f"h{number}" for number in range(12)]
ZONES = ["example.org", "example.net", "sub.example.org"]


class History(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.fleet = Fleet("sqlite", edges=0)
        cls.fleet.__enter__()
        cls.addClassCleanup(lambda: cls.fleet.__exit__(None, None, None))
        cls.random = random.Random(SEED)
        for zone in ZONES:
            cls.fleet.import_zone(zone, ZONE.replace("example.org", zone))
        cls.live(120)
        # Built under construction: more than one record holds.
        many = "".join(f"big{number} 60 IN TXT {'x' * 200}\n" for number in range(5000))
        text = ZONE.replace("example.org", "example.net") + many
        refused = cls.fleet.call("PUT", "/v1/zones/example.net", text, Content_Type="text/dns")
        removals = refused.json["error"]["acknowledge_removals"]
        reply = cls.fleet.call(
            "PUT", f"/v1/zones/example.net?acknowledge_removals={removals}", text,
            Content_Type="text/dns", Tidemark_Author="bulk")
        assert reply.status == 200, reply
        cls.fleet.call("DELETE", "/v1/zones/sub.example.org?acknowledge_removals=10")
        cls.change("example.org", "planted", "192.0.2.66", "mallory", "looks harmless")
        cls.planted = cls.fleet.status()["version"]["seq"]
        cls.live(40)
        cls.seq = cls.fleet.status()["version"]["seq"]

    @classmethod
    def change(cls, zone, name, address, author, reason):
        reply = cls.fleet.call(
            "PUT", f"/v1/zones/{zone}/rrsets/{name}/A?reason={urllib.parse.quote(reason)}",
            {"ttl": 60, "rdata": [address]}, Tidemark_Author=author)
        assert reply.status == 200, reply

    @classmethod
    def live(cls, changes):
        for number in range(changes):
            zone, name = cls.random.choice(ZONES[:2]), cls.random.choice(NAMES)
            if cls.random.random() < 0.25:
                cls.fleet.call("DELETE", f"/v1/zones/{zone}/rrsets/{name}/A?reason=cleanup",
                               Tidemark_Author="ann")
            else:
                cls.change(zone, name, f"192.0.2.{cls.random.randrange(1, 250)}", "bob",
                           f"ticket {number}")

    def get(self, path):
        reply = self.fleet.call("GET", path)
        self.assertEqual(reply.status, 200, reply)
        return reply.json

    def cli(self, *arguments, code=0, where=()):
        done = self.fleet.cli(*arguments, *where, check=False)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def offline(self):
        return ("--log", self.fleet.log_url, "--dataset", self.fleet.dataset)

    def reader(self):
        return PastReader(self.cli("log", "show", "changes", "-o", "json",
                                   where=self.offline()).stdout)

    def compare(self, pairs):
        reader = self.reader()
        self.assertEqual(reader.seq, self.get("/v1/versions")["index"]["seq"])
        names = [f"{name}.{zone}." for zone in ZONES
                 for name in [*NAMES, "www", "ns1", "alias", "big17", "planted", "none"]]
        names += [f"{zone}." for zone in ZONES] + ["elsewhere.example."]
        first, last = reader.times[0] - 5, reader.times[-1] + 5
        chosen = random.Random(SEED)
        held = 0
        for _ in range(pairs):
            name, ms = chosen.choice(names), chosen.randrange(first, last)
            wanted = reader.show(name, reader.seq_at(ms))
            reply = self.fleet.call("GET", f"/v1/show?name={name}&at={text_of(ms)}")
            if wanted is None:
                self.assertEqual(reply.status, 404, (name, ms, reply))
                continue
            found = {one["type"]: comparable(one["type"], one["ttl"], one["rdata"])
                     for one in reply.json["rrsets"]}
            said = (name, text_of(ms), reply.json["seq"], reader.seq_at(ms))
            self.assertEqual(found, wanted, said)
            held += 1 if wanted else 0
        self.assertGreater(held, pairs // 4)

    def test_1_any_name_at_any_time_is_what_an_independent_replay_says(self):
        self.compare(PAIRS)

    def test_2_the_commands_tell_who_what_when_and_why(self):
        said = self.cli("history", "planted.example.org", "A").stdout
        self.assertIn(f"seq {self.planted} ", said)
        self.assertIn("mallory", said)
        self.assertIn("looks harmless", said)
        self.assertIn("+ planted.example.org. 60 IN A 192.0.2.66", said)
        lines = [line for line in self.cli("blame", "example.org").stdout.splitlines()
                 if "planted" in line]
        self.assertEqual(len(lines), 1, lines)
        self.assertRegex(lines[0], rf"^{self.planted} .* mallory .*looks harmless")
        before = str(self.planted - 1)
        self.assertEqual(self.cli("diff", before, str(self.planted)).stdout,
                         "+ planted.example.org. 60 IN A 192.0.2.66\n")
        self.assertIn("192.0.2.66",
                      self.cli("show", "planted.example.org", "--at", "latest").stdout)
        self.assertIn("no records",
                      self.cli("show", "planted.example.org", "--at", before).stdout)
        self.assertEqual(self.cli("export", "example.org", "--at", "latest").stdout,
                         self.cli("zone", "export", "example.org").stdout)
        self.assertIn("mallory", self.cli("history", "--text", "HARMLESS").stdout)

    def test_3_why_of_the_past_names_the_change(self):
        said = self.cli("why", "planted.example.org", "A", "--at", "latest").stdout
        self.assertIn("NOERROR", said)
        self.assertIn("192.0.2.66", said)
        self.assertRegex(said, rf"(?s)is so by:\s+seq {self.planted} .*mallory")
        said = self.cli("why", "planted.example.org", "A", "--at", str(self.planted - 1)).stdout
        self.assertIn("NXDOMAIN", said)
        said = self.cli("why", "alias.example.org", "A", "--at", "1").stdout
        self.assertIn("192.0.2.10", said)
        self.assertIn("alias.example.org. CNAME is so by", said)
        self.assertIn("REFUSED", self.cli("why", "www.example.com", "A", "--at", "1").stdout)

    def test_4_bisect_finds_the_planted_change(self):
        check = '! grep -q 192.0.2.66 "$TIDEMARK_ZONES_DIR/example.org.zone"'
        for extra in (("--zone", "example.org"), ()):
            done = self.cli("bisect", "--good", "3", "--bad", "latest", "--check", check, "-o",
                            "json", *extra)
            said = json.loads(done.stdout)
            self.assertEqual(said["bad"], self.planted, done.stderr)
            self.assertEqual([one["author"] for one in said["suspects"]], ["mallory"])
            self.assertLessEqual(said["steps"], 9)
        # What cannot be told is passed over, and named in the end.
        skipping = f'[ "$TIDEMARK_SEQ" = {self.planted - 1} ] && exit 125; {check}'
        said = json.loads(self.cli("bisect", "--good", "3", "--bad", "latest", "--check", skipping,
                                   "-o", "json", "--quiet").stdout)
        self.assertIn(self.planted, [one["seq"] for one in said["suspects"]])
        self.cli("bisect", "--good", "latest", "--bad", "3", "--check", "true", code=2)
        said = self.cli("bisect", "--good", "3", "--bad", "latest", "--check", "exit 200", code=1)
        self.assertIn("200", said.stderr)

    def test_5_a_log_and_an_index_file_say_the_same_as_the_controller(self):
        with tempfile.TemporaryDirectory() as folder:
            index = pathlib.Path(folder) / "index"
            places = (self.offline(), (*self.offline(), "--index", index), ("--index", index))
            for command in (("history", "--limit", "1000"), ("history", "www.example.org"),
                            ("blame", "example.org"), ("diff", "2", "latest"),
                            ("show", "example.org", "--at", str(self.planted)),
                            ("why", "www.example.org", "A", "--at", "5")):
                online = json.loads(self.cli(*command, "-o", "json").stdout)
                for place in places if command[0] == "blame" else places[-2:]:
                    self.assertEqual(json.loads(self.cli(*command, "-o", "json",
                                                         where=place).stdout), online, command)

    def test_6_snapshot_files_are_compared(self):
        files = sorted(self.fleet.folder.glob("controller/*.tmsnap"))
        if not files:
            self.fleet.controller.stop()
            self.fleet.controller.start()
            wait_until(lambda: self.fleet.status() is not None, "the controller is back")
            files = sorted(self.fleet.folder.glob("controller/*.tmsnap"))
        self.assertIn("no difference",
                      self.cli("diff", files[0], files[0], "--dataset", "test").stdout)
        self.cli("diff", files[0], "latest", code=2)

    def test_7_an_index_that_is_gone_damaged_or_behind_heals_by_itself(self):
        index = self.fleet.folder / "controller" / "history.sqlite"

        def harm_nothing():
            pass

        def remove():
            for path in index.parent.glob("history.sqlite*"):
                path.unlink()

        def damage():
            remove()
            index.write_bytes(b"no database " * 1000)

        def kill():
            pass  # what waited to be written is lost; the log has it

        for harm in (harm_nothing, kill, remove, damage):
            self.fleet.controller.stop(signal.SIGKILL if harm is kill else signal.SIGTERM)
            harm()
            self.fleet.controller.start()
            wait_until(lambda: self.fleet.status() is not None, "the controller is back")

            def answers():
                reply = self.fleet.call("GET", "/v1/history?limit=1")
                if reply.status == 503:
                    self.assertIn("is being built", reply.json["error"]["message"])
                return reply.status == 200 and reply.json["index"]["seq"] == self.seq

            wait_until(answers, f"the index is there again after {harm.__name__}")
            self.compare(50)
            self.change("example.org", "after", "192.0.2.77", "ann", harm.__name__)
            type(self).seq = self.fleet.status()["version"]["seq"]
            newest = self.get("/v1/history?limit=1")["changes"][0]
            self.assertEqual((newest["seq"], newest["author"]), (self.seq, "ann"))

    def test_8_what_is_wrong_is_said_with_the_forms(self):
        said = self.cli("show", "example.org", "--at", "yesterday", code=1).stderr
        self.assertIn("yesterday", said)
        self.assertIn("seq:123", said)
        self.assertIn("9999", self.cli("diff", "1", "9999", code=1).stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
