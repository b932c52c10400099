"""The command line as people and scripts use it: real programs, exit codes, words.

usage: cli_test.py [unittest arguments]
"""

import json
import pathlib
import re
import shlex
import signal
import socket
import sqlite3
import subprocess
import time
import unittest

import dns.message
import dns.query

from cli_case import ERROR, GUARD, OK, REASON, TIME_OUT, TOOL, USAGE, Case, run
from fleet import BIN, ROOT, ZONE, Fleet, Process, free_port, request, wait_until


class Help(Case):
    def test_every_command_explains_itself_with_an_example(self):
        reference = self.ends(OK, run("reference")).stdout
        commands = re.findall(r"^## tidemark ?(.*)$", reference, re.M)
        self.assertGreater(len(commands), 30)
        for command in commands:
            if not command:
                continue
            shown = self.ends(OK, run(*command.split(), "--help")).stdout
            self.assertIn(f"Example:\n  tidemark {command.split()[0]}", shown)
            self.assertIn(f"\n## tidemark {command}\n\n```\n{shown}```\n", reference)
        shown = self.ends(OK, run("--help")).stdout
        self.assertIn("--api", shown)
        self.assertTrue(reference.startswith(f"\n## tidemark\n\n```\n{shown}```\n"), reference)

    def test_the_version_is_the_projects(self):
        house = (ROOT / "CMakeLists.txt").read_text()
        project = re.search(r"project\(tidemark VERSION (\S+)", house)
        for program in ("tidemark", "tidemark-edge", "tidemark-controller", "tidemark-prober"):
            said = subprocess.run([BIN / program, "--version"], capture_output=True, text=True,
                                  timeout=30)
            self.assertEqual((said.returncode, said.stdout), (OK, f"{program} {project[1]}\n"))

    def test_a_wrong_value_of_a_settings_file_is_named_with_its_place(self):
        common = f"log: sqlite:{self.folder}/a.tmlog\ndataset: main\nstate_dir: {self.folder}\n"
        tokens = self.file("tokens", "a" * 64 + " alice read,wirte\n")
        for program, more, code, place in (
                ("tidemark-controller", "api: nowhere\n", USAGE, "settings.yaml:4:"),
                ("tidemark-controller", f"api: 127.0.0.1:0\ntoken_file: {tokens}\n", USAGE,
                 "line 1: wirte: no scope"),
                ("tidemark-edge", "listen: nowhere\n", USAGE, "settings.yaml:4:"),
                ("tidemark-edge", "state-dir: x\n", USAGE, 'did you mean "state_dir"')):
            path = self.file("settings.yaml", common + more)
            done = subprocess.run([BIN / program, "--config", path], capture_output=True,
                                  text=True, timeout=30)
            self.assertEqual(done.returncode, code, done.stderr)
            self.assertIn(place, done.stderr)

    def test_a_slip_is_named_with_what_was_meant(self):
        for arguments, meant, where in ((["zone", "imprt", "x"], "import", "tidemark zone --help"),
                                        (["zone", "import", "x", "--reson", "y"], "--reason",
                                         "tidemark zone import --help"),
                                        (["flee"], "fleet", "tidemark --help")):
            said = self.ends(USAGE, run(*arguments)).stderr
            self.assertIn(f'did you mean "{meant}"', said)
            self.assertIn(f"try: {where}\n", said)
        self.assertNotIn("did you mean", self.ends(USAGE, run("zone", "qqqqqq")).stderr)

    def test_a_number_below_its_range_is_refused_on_the_command_line_too(self):
        common = ("--log", f"sqlite:{self.folder}/a.tmlog", "--dataset", "main", "--state-dir",
                  self.folder, "--api", "127.0.0.1:0")
        for option in ("--snapshot-minutes", "--snapshot-changes", "--snapshot-mib",
                       "--snapshot-pause-seconds", "--snapshot-octets-per-second"):
            done = subprocess.run([BIN / "tidemark-controller", *common, option, "-1"],
                                  capture_output=True, text=True, timeout=30)
            self.assertEqual(done.returncode, USAGE, done.stderr)
            self.assertIn(option, done.stderr)

    def test_docs_cli_md_is_what_the_tool_says(self):
        page = (ROOT / "docs/cli.md").read_text()
        self.assertIn(self.ends(OK, run("reference")).stdout, page,
                      "refresh docs/cli.md: scripts in its head")

    def test_a_wrong_command_line_ends_with_2(self):
        for arguments in ([], ["nonsense"], ["zone"], ["record", "set", "a.example", "A"],
                          ["record", "set", "a.example", "A", "192.0.2.1"],  # no --reason
                          ["record", "set", "a.example", "A", "192.0.2.1", "--reason", " "],
                          ["pool", "rm", "web", "--reason", ""],
                          ["-o", "xml", "fleet"], ["log", "show", "changes", "--log", "foo:bar"],
                          ["serve", "--zone-file", "x", "--listen", "nowhere"],
                          ["override", "set", "p", "e", "sideways", "--reason", "x"],
                          ["wait", "ab", "--timeout", "-1"], ["changes", "--limit", "+5"]):
            done = self.ends(USAGE, run(*arguments))
            self.assertTrue(done.stderr.strip(), arguments)


class Topics(Case):
    def test_plan_apply_and_check(self):
        where = ("--log", f"sqlite:{self.folder}/a.tmlog", "--dataset", "test")
        self.assertIn("would create 4 topics", self.ends(OK, run("topics", "plan", *where)).stdout)
        refused = self.ends(ERROR, run("topics", "check", *where))
        self.assertIn("try: tidemark topics apply --log sqlite:", refused.stderr)
        self.ends(OK, run("topics", "apply", *where))
        self.ends(OK, run("topics", "check", *where))
        self.ends(OK, run("topics", "apply", *where))  # again: nothing to create

        other = self.file("topics.yaml", "topics:\n  <dataset>.fleet:\n    cleanup: compact\n")
        wrong = self.ends(ERROR, run("topics", "check", *where, "--definitions", other,
                                     "-o", "json"))
        found = json.loads(wrong.stdout)["differences"]
        self.assertEqual([(one["setting"], one["fatal"]) for one in found
                          if one["setting"] == "cleanup.policy"], [("cleanup.policy", True)])
        broken = self.file("broken.yaml", "topics:\n  <dataset>.changes:\n    cleenup: delete\n")
        said = self.ends(ERROR, run("topics", "plan", *where, "--definitions", broken)).stderr
        self.assertRegex(said, r"broken\.yaml:3:5: .*did you mean \"cleanup\"")


class Log(Case):
    def setUp(self):
        super().setUp()
        self.path = self.folder / "a.tmlog"
        self.where = ("--log", f"sqlite:{self.path}", "--dataset", "test")
        self.ends(OK, run("topics", "apply", *self.where))

    def append(self, topic, key, value):
        with sqlite3.connect(self.path, isolation_level=None) as log:
            number, offset = log.execute("SELECT id, next_position FROM topic WHERE name=?",
                                         (f"test.{topic}",)).fetchone()
            log.execute(f"INSERT INTO record_{number}(position, append_ms, key, value) "
                        "VALUES(?,?,?,?)", (offset, int(time.time() * 1000), key, value))
            log.execute("UPDATE topic SET next_position=next_position+1 WHERE id=?", (number,))

    def test_what_cannot_be_decoded_is_shown_as_such(self):
        self.assertEqual(self.ends(OK, run("log", "show", "changes", *self.where)).stdout, "")
        for number in range(3):
            self.append("changes", b"bad\x1b[31mkey", b"no ChangeSet %d" % number)
        shown = self.ends(OK, run("log", "show", "changes", *self.where)).stdout
        self.assertEqual(shown.count("undecodable: "), 3)
        self.assertEqual(len(re.findall(r"sha256 [0-9a-f]{64}", shown)), 3)
        self.assertNotIn("\x1b", shown)

        records = [json.loads(line) for line in
                   self.ends(OK, run("log", "tail", "test.changes", "--limit", "2", "-o", "json",
                                     *self.where)).stdout.splitlines()]
        self.assertEqual([one["offset"] for one in records], [1, 2])
        self.assertEqual(records[0]["octets"], 14)
        self.assertIn("sha256", records[0]["undecodable"])
        one = run("log", "show", "changes", "--from", "1", "--limit", "1", "-o", "json",
                  *self.where)
        self.assertEqual(json.loads(one.stdout)["offset"], 1)

    def test_what_is_not_there_is_named(self):
        said = self.ends(ERROR, run("log", "show", "changes", "--from", "9", *self.where)).stderr
        self.assertIn("offset 9 is not in the log", said)
        said = self.ends(ERROR, run("log", "show", "nothing", *self.where)).stderr
        self.assertIn("test.nothing", said)
        self.assertIn("try: changes, health, control, fleet", said)
        said = self.ends(ERROR, run("log", "show", "changes", "--log",
                                    f"sqlite:{self.folder}/none.tmlog")).stderr
        self.assertIn("topics apply", said)
        for command in (("log", "show", "changes"), ("verify",)):
            said = self.ends(ERROR, run(*command, "--log", f"sqlite:{self.path}", "--dataset",
                                        "tset")).stderr
            self.assertIn("tset.changes does not exist", said)
            self.assertIn("datasets of this log: test", said)
        with sqlite3.connect(self.path) as log:
            names = [name for name, in log.execute("SELECT name FROM topic ORDER BY name")]
        self.assertEqual(names, [f"test.{kind}" for kind in
                                 ("changes", "control", "fleet", "health")])

    def test_without_a_dataset_the_only_one_is_meant(self):
        self.append("changes", b"key", b"no ChangeSet")
        where = ("--log", f"sqlite:{self.path}")
        self.assertEqual(self.ends(OK, run("log", "show", "changes", *where)).stdout,
                         self.ends(OK, run("log", "show", "changes", *self.where)).stdout)
        self.assertIn("1 undecodable", self.ends(OK, run("verify", *where)).stdout)
        self.ends(OK, run("history", "www.example.org", *where))
        self.ends(OK, run("topics", "apply", *where, "--dataset", "other"))
        said = self.ends(USAGE, run("log", "show", "changes", *where)).stderr
        self.assertIn("holds several datasets: other, test", said)
        self.assertIn("try: --dataset other", said)

    def test_tail_follows(self):
        self.append("changes", b"first", b"1")
        follower = Process("tail", [TOOL, "log", "tail", "changes", "-f", *self.where], self.folder)
        follower.start()
        try:
            wait_until(lambda: follower.log.read_text().count("undecodable") == 1, "the first")
            self.append("changes", b"second", b"2")
            # Nothing rings for a record that SQLite's own tool wrote: the follower looks by itself.
            wait_until(lambda: follower.log.read_text().count("undecodable") == 2, "the second")
        finally:
            follower.stop(signal.SIGINT)


class Serve(Case):
    def start(self, *arguments):
        server = Process("serve", [TOOL, "serve", *arguments], self.folder)
        self.addCleanup(server.stop)
        server.start()
        wait_until(lambda: "ready\n" in server.log.read_text() or not server.running(),
                   "serve is ready")
        self.assertTrue(server.running(), server.tail())
        return server

    def texts(self, port, name, kind="A", tcp=False):
        question = dns.message.make_query(name, kind)
        ask = dns.query.tcp if tcp else dns.query.udp
        reply = ask(question, "127.0.0.1", port=port, timeout=5)
        return sorted(rdata.to_text() for rrset in reply.answer for rdata in rrset)

    def test_serves_files_reads_them_again_and_ends(self):
        zone = self.file("a.zone", ZONE)
        other = self.file("b.zone", ZONE.replace("example.org", "example.net"))
        admin = free_port()
        server = self.start("--zone-file", zone, "--zone-file", other, "--listen", "127.0.0.1:0",
                            "--listen", "127.0.0.1:0", "--workers", "2", "--admin",
                            f"127.0.0.1:{admin}", "--nsid", "me")
        ports = [int(port) for port in re.findall(r"listening on 127\.0\.0\.1:(\d+)",
                                                  server.log.read_text())]
        self.assertEqual(len(ports), 2)
        for port in ports:
            self.assertEqual(self.texts(port, "www.example.org"), ["192.0.2.10", "192.0.2.11"])
            self.assertEqual(self.texts(port, "www.example.net", tcp=True),
                             ["192.0.2.10", "192.0.2.11"])
        self.assertEqual(request(admin, "GET", "/version").json["seq"], 2)
        wait_until(lambda: request(admin, "GET", "/readyz").status == 200, "serve asked itself")
        self.assertIn("tidemark", request(admin, "GET", "/metrics").body)

        zone.write_text(ZONE.replace("192.0.2.10", "192.0.2.77"))
        server.send(signal.SIGHUP)
        wait_until(lambda: self.texts(ports[0], "www.example.org") == ["192.0.2.11", "192.0.2.77"],
                   "the changed file is served")
        zone.write_text(ZONE + "bad A 192.0.2.256\n")
        server.send(signal.SIGHUP)
        wait_until(lambda: re.search(r"a\.zone:15:7: .*192\.0\.2\.256", server.log.read_text()),
                   "the error is named")
        self.assertEqual(self.texts(ports[0], "www.example.org"), ["192.0.2.11", "192.0.2.77"])
        self.assertEqual(server.stop(signal.SIGTERM), OK)

    def test_a_large_zone_is_built_by_several_change_sets(self):
        many = "".join(f"h{i} A 10.0.{i >> 8 & 255}.{i & 255}\n" for i in range(30_000))
        zone = self.file("big.zone", ZONE + many)
        server = self.start("--zone-file", zone, "--listen", "127.0.0.1:0", "--workers", "1")
        said = server.log.read_text()
        seq = re.search(r"300\d\d RRsets, serial \d+, seq (\d+)", said)[1]
        self.assertGreater(int(seq), 2, said)
        port = int(re.search(r"listening on 127\.0\.0\.1:(\d+)", said)[1])
        self.assertEqual(self.texts(port, "h29999.example.org"), ["10.0.117.47"])

    def test_what_is_wrong_is_told_before_anything_is_bound(self):
        broken = self.file("broken.zone", ZONE + "bad A 192.0.2.256\nworse AAAA nonsense\n")
        said = self.ends(ERROR, run("serve", "--zone-file", broken, "--listen",
                                    "127.0.0.1:0")).stderr
        self.assertIn("broken.zone:15:", said)
        self.assertIn("broken.zone:16:", said)
        no_ns = self.file("no_ns.zone", "$ORIGIN a.example.\n@ 60 SOA ns h 1 2 3 4 5\n")
        said = self.ends(ERROR, run("serve", "--zone-file", no_ns, "--listen",
                                    "127.0.0.1:0")).stderr
        self.assertIn("NS", said)
        said = self.ends(ERROR, run("serve", "--zone-file", self.folder / "none.zone", "--listen",
                                    "127.0.0.1:0")).stderr
        self.assertIn("none.zone: cannot be opened", said)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
            said = self.ends(ERROR, run("serve", "--zone-file", broken, "--listen",
                                        f"127.0.0.1:{port}")).stderr
            self.assertIn(f"127.0.0.1:{port}", said)


class Api(Case):
    def test_a_fleet_by_the_command_line(self):
        with Fleet("sqlite") as fleet:
            self.fleet = fleet
            self._zones()
            self._records()
            self._pools()
            self._history()
            self._guards()
            self._holds()
            self._an_edge_that_sleeps_is_told()

    def cli(self, *arguments, code=OK):
        return self.ends(code, self.fleet.cli(*arguments, check=False))

    def _zones(self):
        edge = self.fleet.edges[0]
        wait_until(lambda: "LIVE at version 0" in edge.log.read_text(), "an edge without a zone")
        self.assertRegex(edge.log.read_text(), "LIVE at version 0, .*nothing is published yet")
        zone = self.file("a.zone", ZONE)
        plan = self.cli("zone", "import", zone, "--dry-run", *REASON).stdout
        self.assertIn("+ www.example.org. 300 IN A 192.0.2.10", plan)
        self.assertEqual(json.loads(self.cli("zone", "list", "-o", "json").stdout)["zones"], [])
        self.cli("zone", "import", zone, *REASON)
        # An edge that has nothing to serve yet is not live: from now on they are.
        wait_until(lambda: self.cli("fleet").stdout.count(" LIVE   yes ") == 3, "three live edges")
        zone = self.file("a.zone", ZONE + "more A 192.0.2.30\n")
        done = self.cli("zone", "import", zone, "--wait", "20", *REASON).stdout
        self.assertIn("served by edge1, edge2, edge3", done)
        newest = json.loads(self.cli("changes", "--limit", "1", "-o", "json").stdout)["changes"][0]
        self.assertIn(f", change {newest['change_id']}\n", done)
        self.assertIn("nothing to change", self.cli("zone", "import", zone, *REASON).stdout)
        self.assertIn("example.org.", self.cli("zone", "list").stdout)
        self.assertIn("192.0.2.11", self.cli("zone", "show", "example.org").stdout)

        exported = self.file("b.zone", self.cli("zone", "export", "example.org").stdout)
        self.assertIn("no difference", self.cli("zone", "diff", "example.org", exported).stdout)
        broken = self.file("c.zone", ZONE + "bad A 192.0.2.256\n")
        said = self.cli("zone", "import", broken, *REASON, code=ERROR).stderr
        self.assertIn("c.zone:15:7:", said)
        said = self.cli("zone", "show", "absent.example", code=ERROR).stderr
        self.assertIn("not-found", said)
        self.assertIn("try: tidemark zone list\n", said)

    def _records(self):
        done = self.cli("record", "set", "www.example.org", "A", "192.0.2.99", "--wait", "20",
                        *REASON)
        for edge in self.fleet.edges:  # at once: the command promised it
            self.assertEqual(edge.texts("www.example.org"), ["192.0.2.99"], done.stdout)
        self.assertEqual(self.cli("record", "get", "www.example.org", "A").stdout,
                         "www.example.org. 300 IN A 192.0.2.99\n")
        self.cli("record", "set", "new", "MX", "10 mail.example.org.", "20 www.example.org.",
                 "--ttl", "60", "--zone", "example.org", *REASON)
        got = json.loads(self.cli("-o", "json", "record", "get", "new.example.org", "MX").stdout)
        self.assertEqual(got["rdata"], ["10 mail.example.org.", "20 www.example.org."])
        self.assertIn("- new.example.org.", self.cli("record", "rm", "new.example.org", "MX",
                                                     "--dry-run", *REASON).stdout)
        self.cli("record", "rm", "new.example.org", "MX", *REASON)
        self.cli("record", "get", "new.example.org", "MX", code=ERROR)
        said = self.cli("record", "set", "a.example.net", "A", "192.0.2.1", *REASON, code=ERROR)
        self.assertIn("none of the 1 hosted zones", said.stderr)
        said = self.cli("record", "set", "ttl.example.org", "A", "192.0.2.1", *REASON, code=ERROR)
        self.assertIn("--ttl", said.stderr)
        said = self.cli("record", "set", "www.example.org", "A", "192.0.2.256", *REASON, code=ERROR)
        self.assertIn("not an IPv4 address: 192.0.2.256", said.stderr)
        said = self.cli("record", "set", "new.example.org", "MX", "10 mail", "--ttl", "60", *REASON,
                        code=ERROR)
        self.assertIn("names in RDATA are absolute: write mail.example.org.", said.stderr)

    def _pools(self):
        pool = self.file("web.json", json.dumps({
            "name": "web", "endpoints": [{"id": "b1", "address": "192.0.2.1"},
                                         {"id": "b2", "address": "192.0.2.2"}]}))
        self.cli("pool", "put", pool, *REASON)
        self.assertIn("web", self.cli("pool", "list").stdout)
        self.assertIn("192.0.2.2", self.cli("pool", "get", "web").stdout)
        again = self.file("again.json", self.cli("-o", "json", "pool", "get", "web").stdout)
        self.cli("pool", "put", again, *REASON)
        self.cli("record", "set", "app.example.org", "POOL", "web", "--ttl", "5", *REASON)
        self.fleet.wait_everywhere("app.example.org", "A", ["192.0.2.1", "192.0.2.2"])
        self.cli("override", "set", "web", "b1", "down", "--for", "10m", "--wait", "20", *REASON)
        for edge in self.fleet.edges:
            self.assertEqual(edge.texts("app.example.org"), ["192.0.2.2"])
        self.assertRegex(self.cli("health").stdout, r"b1 .*DOWN +override .* down")
        self._an_edge_says_why()
        self.cli("override", "clear", "web", "b1", *REASON)
        self.cli("override", "set", "web", "b9", "up", *REASON, code=ERROR)
        said = self.cli("pool", "rm", "web", *REASON, code=ERROR).stderr
        self.assertIn("POOL", said)
        broken = self.file("broken.json", '{"name": "web",\n "endpoints": [}')
        said = self.cli("pool", "put", broken, *REASON, code=ERROR).stderr
        self.assertRegex(said, r"broken\.json: .*line 2")

    def _an_edge_says_why(self):
        at = ("--edge", f"http://127.0.0.1:{self.fleet.edges[1].admin}")
        shown = self.cli("why", "www.example.org", "A", *at).stdout
        self.assertRegex(shown, r"(?m)^1 +zone +www\.example\.org\. is in zone example\.org\., ")
        self.assertIn("www.example.org. ", shown.split(";; answer")[1])
        shown = self.cli("why", "app.example.org", "A", "--client", "192.0.2.77", *at).stdout
        self.assertRegex(shown, r"(?m)^b1 .*DOWN +override .* no +")
        self.assertRegex(shown, r"(?m)^b2 .*up .* yes +")
        said = self.cli("why", "a..b", "A", *at, code=USAGE).stderr
        self.assertIn("a..b", said)
        said = self.cli("why", "www.example.org", "A", "--payload", "70000", *at, code=USAGE).stderr
        self.assertIn("payload", said)  # the edge's own words
        said = self.cli("why", "www.example.org", "AXFR", *at, code=USAGE).stderr
        self.assertIn("meta type", said)
        closed = f"http://127.0.0.1:{free_port()}"
        said = self.cli("why", "www.example.org", "A", "--edge", closed, code=ERROR).stderr
        self.assertIn(closed, said)
        self.assertIn("try: tidemark fleet", said)

    def _history(self):
        shown = self.cli("--author", "alice", "record", "set", "who.example.org", "A", "192.0.2.3",
                         "--ttl", "60", "--reason", "because: ü & ?", "-o", "json")
        made = json.loads(shown.stdout)
        listed = json.loads(self.cli("changes", "--author", "alice", "-o", "json").stdout)
        self.assertEqual([one["change_id"] for one in listed["changes"]], [made["change_id"]])
        self.assertEqual(listed["changes"][0]["reason"], "because: ü & ?")
        self.assertIn("put who.example.org.", self.cli("changes", made["change_id"]).stdout)
        self.assertRegex(self.cli("changes").stdout, rf"(?m)^{made['change_id']}  .* alice ")
        self.assertIn("alice", self.cli("changes", "--zone", "example.org", "--limit", "1").stdout)

        log = ("--log", self.fleet.log_url, "--dataset", self.fleet.dataset)
        self.assertIn("+ who.example.org. 60 A 192.0.2.3",
                      self.cli("log", "tail", "changes", "--limit", "1", *log).stdout)
        wait_until(lambda: "edge1" in self.cli("log", "tail", "fleet", *log).stdout, "a report")
        self.cli("topics", "check", *log)
        self.assertIn("seq", self.cli("status").stdout)

    def _guards(self):
        small = self.file("small.zone", "\n".join(ZONE.splitlines()[:6]) + "\n")
        shown = self.cli("zone", "diff", "example.org", small).stdout
        gone = int(re.search(r"(\d+) removed", shown)[1])
        said = self.cli("--author", "alice", "zone", "import", small, "--reason", "it's tidy",
                        code=GUARD).stderr
        meant = self.named(said, "if this is meant")
        self.assertEqual(meant[-2:], ["--acknowledge-removals", str(gone)])
        self.assertIn("it's tidy", meant)
        wrong = [*meant[:-1], "1"]
        self.assertEqual(self.named(self.ends(GUARD, run(*wrong)).stderr, "if this is meant"),
                         meant)
        before = self.cli("zone", "export", "example.org").stdout

        held = self.ends(GUARD, run(*self.named(said, "for somebody else to approve")))
        self.assertEqual(self.cli("zone", "export", "example.org").stdout, before)
        approve = self.named(held.stderr, "try")
        at = ("--api", f"http://127.0.0.1:{self.fleet.api}")
        own = self.ends(ERROR, run(*at, "--author", "alice", *approve)).stderr
        self.assertIn("somebody else approves it", own)
        shown = self.cli("held", "show", approve[2]).stdout
        self.assertIn(f"{gone} removed", shown)
        self.assertIn("- www.example.org.", shown)
        self.assertIn("alice", self.cli("held", "list").stdout)
        done = self.ends(OK, run(*at, "--author", "bob", *approve, "--wait", "20")).stdout
        self.assertIn("served by edge1, edge2, edge3", done)
        self.assertNotEqual(self.cli("zone", "export", "example.org").stdout, before)
        self.assertIn("approved", self.cli("held", "list").stdout)
        self.assertIn("approved by bob", self.cli("changes", "--limit", "1").stdout)
        self._a_zone_goes_on_purpose_only()

    def named(self, said, mark):
        """The arguments of the command that stands behind `mark` in what the tool said."""
        line = re.search(rf"(?m)^  {mark}: tidemark (.*)$", said)
        self.assertTrue(line, said)
        return shlex.split(line[1])

    def _a_zone_goes_on_purpose_only(self):
        tiny = self.file("tiny.zone", ZONE.replace("example.org", "tiny.example"))
        self.cli("zone", "import", tiny, *REASON)
        self.assertIn("- www.tiny.example.",
                      self.cli("zone", "delete", "tiny.example", "--dry-run").stdout)
        said = self.cli("zone", "delete", "tiny.example", *REASON, code=GUARD).stderr
        self.assertIn("--acknowledge-removals", self.named(said, "if this is meant"))
        self.assertIn("expire_seconds        0",
                      self.cli("zone", "settings", "tiny.example").stdout)
        self.cli("zone", "settings", "tiny.example", "--expire-seconds", "30", "--dry-run")
        self.assertIn("expire_seconds        0",
                      self.cli("zone", "settings", "tiny.example").stdout)
        self.cli("zone", "settings", "tiny.example", "--expire-seconds", "60", *REASON)
        self.assertIn("expire_seconds        60",
                      self.cli("zone", "settings", "tiny.example").stdout)
        none = self.folder / "none.zone"
        said = self.cli("zone", "verify", "tiny.example", "--against", none, code=ERROR).stderr
        self.assertIn("there is no such file", said)
        said = self.cli("zone", "delete", "tiny.example", "--yes", "--acknowledge-removals", "3",
                        *REASON, code=GUARD).stderr
        self.assertIn("RRsets", said)
        self.assertIn("tiny.example", self.cli("zone", "list").stdout)
        self.cli("zone", "delete", "tiny.example", "--yes", *REASON)
        self.assertNotIn("tiny.example", self.cli("zone", "list").stdout)

    def _holds(self):
        typo = ("pin", "1", "--ring", "typo", *REASON)
        self.assertIn("known rings: default", self.cli(*typo, code=ERROR).stderr)
        said = self.cli(*typo, "--unseen", "--wait", "1", code=TIME_OUT).stderr
        self.assertIn("no live edge is of it", said)
        self.cli("unpin", "--ring", "typo", *REASON)
        seq = json.loads(self.cli("status", "-o", "json").stdout)["version"]["seq"]
        self.cli("pin", seq, "--wait", "20", *REASON)
        said = self.cli("record", "set", "held.example.org", "A", "192.0.2.7", "--ttl", "60",
                        "--wait", "1", *REASON, code=TIME_OUT).stderr
        self.assertIn(f"pinned to version {seq} by fleet", said)
        self.assertIn("tidemark unpin --reason TEXT", said)
        change = re.search(r"change ([0-9a-f]{32}) is made", said)[1]
        said = self.cli("wait", change, "--timeout", "0", code=TIME_OUT).stderr
        self.assertIn(f"pinned to version {seq} by fleet", said)
        self.assertIn("tidemark unpin --reason TEXT", said)
        self.cli("unpin", "--wait", "20", *REASON)
        self.assertIn("3 of 3 live edges", self.cli("wait", change, "--timeout", "20").stdout)
        other = f"http://127.0.0.1:{self.fleet.edges[1].admin}"
        said = self.cli("fleet", "diverged", "edge1", "--edge", other, code=ERROR).stderr
        self.assertIn("is edge edge2, not edge1", said)
        self.assertIn("edge2: same", self.cli("fleet", "diverged", "--edge", other).stdout)

    def _an_edge_that_sleeps_is_told(self):
        edge = self.fleet.edges[1]
        edge.send(signal.SIGSTOP)
        try:
            done = self.cli("record", "set", "late.example.org", "A", "192.0.2.4", "--ttl", "60",
                            "--wait", "1", *REASON, code=TIME_OUT)
            self.assertIn("edge2", done.stderr)
        finally:
            edge.send(signal.SIGCONT)
        self.fleet.wait_everywhere("late.example.org", "A", ["192.0.2.4"])


class Demo(Case):
    @staticmethod
    def port_base():
        """A base above which all ports of a demo are free now."""
        for base in range(21_000, 29_000, 100):
            try:
                for more in (1, 2, 3, 53, 80, 81, 91, 92, 93):
                    with socket.socket() as probe:
                        probe.bind(("127.0.0.1", base + more))
                return base
            except OSError:
                continue
        raise AssertionError("no free ports")

    def test_starts_answers_loses_a_backend_and_ends(self):
        base = self.port_base()
        demo = Process("demo", [TOOL, "demo", "--port-base", base], self.folder)
        self.addCleanup(demo.stop)
        demo.start()
        wait_until(lambda: "\nready" in demo.log.read_text() or not demo.running(),
                   "the demo is ready", 90)
        self.assertTrue(demo.running(), demo.tail())

        def texts(port):
            reply = dns.query.udp(dns.message.make_query("app.example.org", "A"), "127.0.0.1",
                                  port=port, timeout=5)
            return sorted(rdata.to_text() for rrset in reply.answer for rdata in rrset)

        edges = [base + 1, base + 2, base + 3]
        for port in edges:
            self.assertEqual(texts(port), ["127.0.0.1", "127.0.0.2"])
        taken = self.ends(ERROR, run("demo", "--port-base", base)).stderr
        self.assertIn(f"127.0.0.1:{base + 53}", taken)
        request(base + 81, "POST", "/b1/stop")
        wait_until(lambda: all(texts(port) == ["127.0.0.2"] for port in edges), "b1 is left out")
        request(base + 81, "POST", "/b1/start")
        wait_until(lambda: all(len(texts(port)) == 2 for port in edges), "b1 is back")

        children = pathlib.Path(f"/proc/{demo.child.pid}/task/{demo.child.pid}/children")
        pids = children.read_text().split()
        self.assertEqual(len(pids), 5)
        self.assertEqual(demo.stop(signal.SIGINT), OK, demo.tail())
        for pid in pids:
            self.assertFalse(pathlib.Path(f"/proc/{pid}").exists(), f"{pid} is left over")
        folder = re.search(r"output of each: (\S+)", demo.log.read_text())[1]
        self.assertFalse(pathlib.Path(folder).exists())


if __name__ == "__main__":
    unittest.main(verbosity=2)
