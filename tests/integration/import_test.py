"""tidemark import and zone verify: the past and the present of others.

The short form takes seconds. The long one, with 5,000 commits:
  python3 tests/integration/import_test.py --commits 5000
"""

import argparse
import datetime
import json
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse

from fleet import BIN, Fleet, Process, free_port, wait_until
from zone_repository import Repository, lines_of

COMMITS = 200
LOOKS = 200  # at that many random commits the zones are compared


def at_text(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime(
        "%Y-%m-%dT%H:%M:%SZ")


class ImportTest(unittest.TestCase):
    def setUp(self):
        self.fleet = self.enterContext(Fleet("sqlite", edges=0))
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tidemark-import-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def git_import(self, repository, *arguments, check=True):
        return self.fleet.cli("-o", "json", "import", "git", repository.folder, "--path",
                              "zones/**/*.zone", "--zone-from", "origin", *arguments, check=check)

    def shown(self, zone, at):
        path = "/v1/show?" + urllib.parse.urlencode({"zone": zone, "at": at})
        return self.fleet.call("GET", path, Accept="text/dns")

    def wait_for_index(self):
        offset = self.fleet.status()["offset"]
        wait_until(lambda: self.fleet.call("GET", "/v1/history?limit=1").json["index"]["offset"]
                   >= offset, "the history index is at the log's end", deadline_s=120)

    def check_zones(self, wanted):
        zones = {one["name"] for one in self.fleet.call("GET", "/v1/zones").json["zones"]}
        self.assertEqual(zones, set(wanted))
        for zone, lines in wanted.items():
            text = self.fleet.call("GET", f"/v1/zones/{zone}", Accept="text/dns").body
            self.assertEqual(lines_of(text), lines, zone)

    def check_past(self, repository, looks):
        self.wait_for_index()
        rng = random.Random(5)
        names = sorted({zone for state in repository.past for zone in state})
        for _ in range(looks):
            i = rng.randrange(len(repository.past))
            # A zone that is there mostly, and now and then one that may not be.
            there = sorted(repository.past[i])
            zone = rng.choice(there if rng.random() < 0.8 else names)
            reply = self.shown(zone, at_text(repository.times[i]))
            place = f"{zone} at commit {i} {repository.hashes[i]}"
            if zone in repository.past[i]:
                self.assertEqual(reply.status, 200, f"{place}: {reply}")
                self.assertEqual(lines_of(reply.body), repository.past[i][zone], place)
            else:
                self.assertEqual(reply.status, 404, f"{place}: {reply}")

    def test_a_repository_becomes_the_history_of_its_zones(self):
        repository = Repository(self.folder / "repo", COMMITS)
        plan = self.git_import(repository, "--dry-run")
        self.assertEqual(self.fleet.status()["version"]["seq"], 0)
        begun = time.monotonic()
        done = json.loads(self.git_import(repository).stdout)
        seconds = time.monotonic() - begun
        self.assertEqual(json.loads(plan.stdout)["changes"], done["changes"] + done["unchanged"])
        self.assertEqual(done["refused"], [])
        print(f"{done['commits']} commits, {done['changes']} changes in {done['seconds']:.1f} s "
              f"({seconds:.1f} s with reading): {done['changes'] / done['seconds']:.0f} changes/s")
        self.check_zones(repository.past[-1])
        self.check_past(repository, LOOKS)

        # What did not parse is told with its commit, file and line, and skipped.
        self.assertEqual(len(done["skipped"]), repository.broken)
        for skip in done["skipped"]:
            self.assertIn(skip["commit"], repository.hashes)
            self.assertRegex(skip["reason"], re.escape(skip["path"]) + r":\d+:\d+: ")

        # Authors, messages and commits.
        subjects = subprocess.run(
            ["git", "-C", repository.folder, "log", "--format=%H%x00%B%x00%an%x00%ae", "-z"],
            check=True, capture_output=True, text=True).stdout.split("\0")
        told = {subjects[i]: subjects[i + 1:i + 4] for i in range(0, len(subjects) - 3, 4)}
        changes = self.fleet.call("GET", "/v1/history?limit=1000&differences=0").json["changes"]
        for change in changes:
            message, name, mail = told[change["origin"]["id"]]
            self.assertEqual(change["origin"]["system"], "git")
            self.assertEqual(change["reason"], message.strip())
            self.assertEqual(change["author"], f"{name} <{mail}>" if name else f"<{mail}>")

        # Again: nothing. More commits: only those.
        version = self.fleet.status()["version"]["seq"]
        again = json.loads(self.git_import(repository).stdout)
        self.assertEqual((again["changes"], again["unchanged"]), (0, 0))
        self.assertEqual(self.fleet.status()["version"]["seq"], version)
        repository.more(5)
        more = json.loads(self.git_import(repository).stdout)
        self.assertGreater(more["changes"], 0)
        self.assertLessEqual(more["changes"] + more["unchanged"], 5)
        self.check_zones(repository.past[-1])

    def test_it_goes_on_where_it_was_killed(self):
        repository = Repository(self.folder / "repo", 60, seed=7)
        arguments = [BIN / "tidemark", "--api", f"http://127.0.0.1:{self.fleet.api}", "import",
                     "git", repository.folder, "--path", "zones/**/*.zone", "--zone-from", "origin"]
        first = Process("import", arguments, self.fleet.folder).start()
        wait_until(lambda: self.fleet.status()["version"]["seq"] >= 20 or not first.running(),
                   "some of it is imported")
        first.child.kill()
        first.child.wait()
        self.fleet.controller.stop()
        self.fleet.controller.start()
        wait_until(lambda: self.fleet.status() is not None, "the controller answers")
        self.git_import(repository)
        self.check_zones(repository.past[-1])
        self.check_past(repository, 60)
        ids = [(change["origin"]["id"], *change["zones"]) for change in
               self.fleet.call("GET", "/v1/history?limit=1000&differences=0").json["changes"]]
        self.assertEqual(len(ids), len(set(ids)), "nothing is imported twice")

    def set_a_trap(self, repo):
        """A signed commit, and settings that make a plain `git log` run a program for it."""
        marker, program = self.folder / "ran", self.folder / "program"
        program.write_text(f"#!/bin/sh\ntouch {marker}\n")
        program.chmod(0o755)
        git = ["git", "-C", str(repo)]
        head = subprocess.run([*git, "cat-file", "commit", "HEAD"], check=True,
                              capture_output=True, text=True).stdout
        signature = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----\n"
        signed = subprocess.run([*git, "hash-object", "-t", "commit", "-w", "--stdin"],
                                input=head.replace("\n\n", "\n" + signature + "\n", 1), check=True,
                                capture_output=True, text=True).stdout.strip()
        subprocess.run([*git, "update-ref", "HEAD", signed], check=True)
        for setting in ("gpg.program", "core.fsmonitor", "diff.external"):
            subprocess.run([*git, "config", setting, program], check=True)
        subprocess.run([*git, "config", "log.showSignature", "true"], check=True)
        subprocess.run([*git, "log", "-1"], check=True, capture_output=True)
        self.assertTrue(marker.exists(), "the trap does not work")
        marker.unlink()
        return marker

    def test_names_maps_since_and_what_is_no_zone(self):
        repo = self.folder / "repo"
        git = ["git", "-C", str(repo), "-c", "user.name=Ann", "-c", "user.email=ann@example.org"]
        subprocess.run(["git", "init", "-q", "-b", "main", repo], check=True)
        zone = "@ 60 SOA ns1 host {} 1 1 1 60\n@ 60 NS ns1\nns1 60 A 192.0.2.1\n"

        def commit(day, files):
            for path, text in files.items():
                path = repo / path
                path.parent.mkdir(parents=True, exist_ok=True)
                path.unlink(missing_ok=True)
                if text is not None and text.startswith("->"):
                    path.symlink_to(text[2:])
                elif text is not None:
                    path.write_text(text)
            subprocess.run([*git, "add", "-A"], check=True)
            date = f"2020-01-{day:02} 00:00:00 +0000"
            subprocess.run([*git, "commit", "-q", "-m", f"day {day}", "--date", date], check=True,
                           env={"GIT_COMMITTER_DATE": date, "PATH": "/usr/bin:/bin"})

        commit(1, {"zones/db.a.example": zone.format(1), "zones/db.link.example": "->db.a.example"})
        commit(2, {"zones/db.a.example": zone.format(2) + "www A 192.0.2.2\n",
                   "zones/db.inc.example": zone.format(1) + "$INCLUDE /etc/passwd\n"})
        commit(3, {"zones/db.a.example": zone.format(3) + "www A 192.0.2.3\n"})
        commit(4, {"zones/db.a.example": None, "zones/db.b.example": zone.format(1)})
        commit(5, {"zones/db.b.example": "", "zones/db.c.example": zone.format(9)})

        def run(*arguments, check=True):
            return self.fleet.cli("-o", "json", "import", "git", repo, "--path", "zones/*",
                                  *arguments, check=check)

        marker = self.set_a_trap(repo)
        done = json.loads(run("--since", "2020-01-02T12:00:00Z", "--keep-deleted").stdout)
        self.assertFalse(marker.exists(), "a repository's settings made git run something")
        reasons = " ".join(skip["reason"] for skip in done["skipped"])
        self.assertIn("not a regular file", reasons)
        self.assertRegex(reasons, r"zones/db.inc.example:4:\d+: ")
        self.assertRegex(reasons, r"zones/db.b.example")
        zones = {one["name"]: one["serial"] for one in
                 self.fleet.call("GET", "/v1/zones").json["zones"]}
        self.assertEqual(set(zones), {"a.example.", "b.example.", "c.example."})
        self.assertEqual((zones["a.example."], zones["c.example."]), (3, 9))
        past = self.fleet.call("GET", "/v1/changes?zone=a.example").json["changes"]
        self.assertEqual([one["reason"] for one in past], ["day 3", "day 2"])

        names = self.folder / "map"
        names.write_text("# path zone\nzones/db.c.example other.example\n")
        done = json.loads(run("--zone-from", names).stdout)
        self.assertEqual(done["changes"], 1)
        self.assertIn("does not name it", done["skipped"][0]["reason"])
        self.assertEqual(run("--branch", "--output=/x", check=False).returncode, 2)
        gone = run("--branch", "nowhere", check=False)
        self.assertEqual(gone.returncode, 1)
        self.assertIn("nowhere", gone.stderr)

    def test_zone_files_and_verify(self):
        zones = self.folder / "zones"
        (zones / "deep").mkdir(parents=True)
        text = "$ORIGIN {0}.\n@ 60 SOA ns1 host 1 1 1 1 60\n@ 60 NS ns1\nns1 60 A 192.0.2.1\n"
        for name in ("a.example", "b.example"):
            (zones / "deep" / name).write_text(text.format(name))
        broken = zones / "c.example"
        broken.write_text(text.format("c.example") + "x A 1.2.3\n")
        refused = self.fleet.cli("import", "zonefiles", zones, "--reason", "move", check=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("c.example:5:", refused.stderr)
        self.assertEqual(self.fleet.status()["version"]["seq"], 0)
        broken.unlink()
        dry = self.fleet.cli("import", "zonefiles", zones, "--dry-run").stdout
        self.assertIn("+ ns1.a.example. 60 IN A 192.0.2.1", dry)
        self.assertEqual(self.fleet.status()["version"]["seq"], 0)
        self.assertIn("2 zones changed",
                      self.fleet.cli("import", "zonefiles", zones, "--reason", "move").stdout)
        self.assertIn("2 were so already",
                      self.fleet.cli("import", "zonefiles", zones, "--reason", "move").stdout)

        file = zones / "deep/a.example"
        self.fleet.cli("zone", "verify", "a.example", "--against", file)
        file.write_text(text.format("a.example").replace("host 1", "host 99"))
        same = self.fleet.cli("zone", "verify", "a.example", "--against", file)
        self.assertIn("serial 1 here, 99 there", same.stdout)
        file.write_text(text.format("a.example").replace("192.0.2.1", "192.0.2.9") +
                        "x 5 A 192.0.2.3\n")
        other = self.fleet.cli("zone", "verify", "a.example", "--against", file, check=False)
        self.assertEqual(other.returncode, 1)
        for line in ("- ns1.a.example. 60 IN A 192.0.2.1", "+ ns1.a.example. 60 IN A 192.0.2.9",
                     "+ x.a.example. 5 IN A 192.0.2.3"):
            self.assertIn(line + "\n", other.stdout)

    def test_a_transfer_from_named(self):
        named = shutil.which("named") or "/usr/sbin/named"
        if not pathlib.Path(named).exists():
            self.skipTest("named is not installed: apt-get install bind9")
        port = free_port()
        lines = ["$ORIGIN big.example.", "$TTL 300", "@ SOA ns1 host 42 7200 900 1209600 300",
                 "@ NS ns1", "ns1 A 192.0.2.1", "*.wild TXT \"any; thing\"", "sub NS ns.sub",
                 "ns.sub A 192.0.2.53", "@ MX 10 ns1"]
        lines += [f"host{i} A 192.0.2.{i % 250 + 1}" for i in range(6000)]  # several messages
        (self.folder / "big.zone").write_text("\n".join(lines) + "\n")
        (self.folder / "shut.zone").write_text(
            "$TTL 300\n@ SOA ns1 host 1 1 1 1 60\n@ NS ns1\nns1 A 192.0.2.1\n")
        (self.folder / "named.conf").write_text(
            f'options {{ directory "{self.folder}"; listen-on port {port} {{ 127.0.0.1; }};\n'
            f'  listen-on-v6 {{ none; }}; pid-file none; recursion no; session-keyfile none;\n'
            f'  allow-transfer {{ any; }}; dnssec-validation no; }};\ncontrols {{ }};\n'
            f'zone "big.example" {{ type primary; file "big.zone"; }};\n'
            f'zone "shut.example" {{ type primary; file "shut.zone"; '
            f'allow-transfer {{ none; }}; }};\n')
        server = Process("named", [named, "-g", "-n", "1", "-c", self.folder / "named.conf"],
                         self.fleet.folder).start()
        self.fleet.others.append(server)
        address = f"127.0.0.1@{port}"
        wait_until(lambda: "all zones loaded" in server.tail(200) or not server.running(),
                   "named runs")
        dry = self.fleet.cli("import", "axfr", address, "big.example", "--dry-run").stdout
        self.assertIn("6007 RRsets added", dry)
        self.assertEqual(self.fleet.status()["version"]["seq"], 0)
        self.fleet.cli("import", "axfr", address, "big.example", "--reason", "moved here")
        self.fleet.cli("zone", "verify", "big.example", "--against", address)
        change = self.fleet.call("GET", "/v1/changes").json["changes"][0]
        self.assertEqual(change["origin"]["id"], f"{address} serial 42")
        self.fleet.cli("record", "set", "host1.big.example", "A", "192.0.2.77", "--reason", "x")
        self.assertEqual(self.fleet.cli("zone", "verify", "big.example", "--against", address,
                                        check=False).returncode, 1)
        shut = self.fleet.cli("import", "axfr", address, "shut.example", "--dry-run", check=False)
        self.assertEqual(shut.returncode, 1)
        self.assertIn("it refuses: rcode", shut.stderr)
        gone = self.fleet.cli("import", "axfr", f"127.0.0.1@{free_port()}", "x.example",
                              "--dry-run", check=False)
        self.assertIn("not connected", gone.stderr)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--commits", type=int, default=COMMITS)
    known, rest = parser.parse_known_args()
    COMMITS = known.commits
    unittest.main(argv=[sys.argv[0], *rest], verbosity=2)
