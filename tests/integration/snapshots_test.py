"""Snapshot files that controllers keep for the fleet: alike on all, announced, fetched, killed."""

import hashlib
import http.client
import json
import pathlib
import signal
import time
import unittest

from fleet import ZONE, Fleet, free_port, wait_until

OFTEN = ["--snapshot-changes", "5", "--snapshot-pause-seconds", "0"]


class Snapshots(unittest.TestCase):
    def setUp(self):
        self.fleet = Fleet("sqlite", edges=0)
        self.fleet.controller.arguments += OFTEN
        self.fleet.__enter__()
        self.addCleanup(lambda: self.fleet.__exit__(None, None, None))

    def second_controller(self, *arguments):
        port = free_port()
        second = self.fleet.make_controller("second", port)
        second.arguments += [*OFTEN, *map(str, arguments)]
        self.fleet.others.append(second.start())
        wait_until(lambda: self.fleet.status(port) is not None, "the second controller answers")
        return port

    def change(self, number):
        reply = self.fleet.call("PUT", "/v1/zones/example.org/rrsets/www/A",
                                {"ttl": 60, "rdata": [f"192.0.2.{number}"]},
                                Tidemark_Reason="test")
        self.assertEqual(reply.status, 200, reply)

    def listed(self, port=None):
        reply = self.fleet.call("GET", "/v1/snapshots", port=port)
        self.assertEqual(reply.status, 200, reply)
        return {one["seq"]: one for one in reply.json["snapshots"]}

    def octets(self, sha256, port=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", port or self.fleet.api, timeout=30)
        connection.request("GET", f"/v1/snapshots/{sha256}", headers=headers)
        reply = connection.getresponse()
        body = reply.read()
        connection.close()
        return reply, body

    def test_two_controllers_keep_the_same_files_and_announce_them(self):
        port = self.second_controller()
        self.fleet.import_zone("example.org", ZONE)
        wait_until(lambda: self.listed() and self.listed(port), "both have a first file")
        for number in range(2, 6):
            self.change(number)
        wait_until(lambda: 5 in self.listed() and 5 in self.listed(port),
                   "both have a file of version 5")
        self.assertEqual(self.listed()[5], self.listed(port)[5])
        file = self.listed()[5]
        reply, body = self.octets(file["sha256"])
        self.assertEqual(reply.getheader("ETag"), f'"{file["sha256"]}"')
        self.assertEqual(hashlib.sha256(body).hexdigest(), file["sha256"])
        self.assertEqual(self.octets(file["sha256"], port)[1], body)

        def announced():
            done = self.fleet.cli("log", "show", "control", "--log", self.fleet.log_url,
                                  "--dataset", "test", "-o", "json")
            return all(word in done.stdout for word in (
                file["sha256"], "snapshot/controller", "snapshot/second",
                f"http://127.0.0.1:{port}/v1/snapshots/{file['sha256']}"))
        wait_until(announced, "both announced the file of version 5")

    def test_a_download_goes_on_where_it_broke_off_and_too_many_wait(self):
        port = self.second_controller("--snapshot-downloads", 1, "--snapshot-octets-per-second",
                                      4000)
        self.fleet.import_zone("example.org", ZONE)
        wait_until(lambda: self.listed(port), "a file is there")
        newest = max(self.listed(port).values(), key=lambda one: one["seq"])
        slow = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        slow.request("GET", f"/v1/snapshots/{newest['sha256']}")
        half = slow.getresponse().read(500)  # octets; the rest comes slowly
        reply, body = self.octets(newest["sha256"], port)
        self.assertEqual(reply.status, 429)
        self.assertGreaterEqual(int(reply.getheader("Retry-After")), 2)
        self.assertIn("remedy", json.loads(body)["error"])
        slow.close()  # it broke off; its place is free again

        def rest():
            reply, body = self.octets(newest["sha256"], port, Range=f"bytes={len(half)}-")
            return body if reply.status == 206 else None
        body = wait_until(rest, "the place of who has gone is free")
        self.assertEqual(hashlib.sha256(half + body).hexdigest(), newest["sha256"])

    def test_the_command_line_lists_keeps_and_fetches(self):
        self.fleet.import_zone("example.org", ZONE)
        said = self.fleet.cli("snapshots", "make", "--reason", "before the migration").stdout
        self.assertIn("version 1 has a file", said)
        self.fleet.cli("snapshots", "keep", "1", "--reason", "for the audit")
        self.assertIn("for the audit", self.fleet.cli("snapshots").stdout)
        target = self.fleet.folder / "one.tmsnap"
        sha256 = self.listed()[1]["sha256"]
        part = pathlib.Path(f"{target}.{sha256}.part")
        whole = next(self.fleet.folder.glob(f"controller/fleet/*{sha256}.tmsnap")).read_bytes()
        part.write_bytes(whole[:100])  # an earlier try broke off
        self.fleet.cli("snapshots", "fetch", "--out", target)
        self.assertEqual(target.read_bytes(), whole)
        self.fleet.cli("verify", "--log", self.fleet.log_url, "--dataset", "test", "--files",
                       target)
        part.write_bytes(b"x" * 100)  # of something else
        done = self.fleet.cli("snapshots", "fetch", "--out", target, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("SHA-256", done.stderr)
        self.assertFalse(part.exists(), "the next try begins anew")
        self.fleet.cli("snapshots", "drop", "1", "--reason", "it is over")
        self.assertEqual(self.fleet.cli("snapshots", "drop", "7", "--reason", "x",
                                        check=False).returncode, 1)

    def test_a_controller_killed_while_it_writes_serves_whole_files_only(self):
        self.fleet.import_zone("example.org", ZONE)
        for number in range(1, 13):
            self.change(number)
            if number % 4 == 0:
                time.sleep(0.002 * number)  # another place each time
                self.fleet.controller.stop(signal.SIGKILL)
                self.fleet.controller.start()
                wait_until(lambda: self.fleet.status() is not None, "it answers again")
                wait_until(lambda: self.listed(), "its files are listed again")
                for one in self.listed().values():
                    self.assertEqual(hashlib.sha256(self.octets(one["sha256"])[1]).hexdigest(),
                                     one["sha256"])
        self.assertEqual(list(self.fleet.folder.glob("controller/fleet/*.bad")), [])


if __name__ == "__main__":
    unittest.main()
