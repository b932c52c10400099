"""tidemark verify: a log and the snapshot files that nodes made of it."""

import json
import unittest

from fleet import ZONE, Fleet



def files_of(fleet):
    """The snapshot files that its nodes keep, the edge's last state among them."""
    return sorted(fleet.folder.rglob("*.tmsnap"))


class Verify(unittest.TestCase):
    def setUp(self):
        self.fleet = Fleet("sqlite", edges=1)
        self.fleet.__enter__()
        self.addCleanup(lambda: self.fleet.__exit__(None, None, None))
        self.fleet.import_zone("example.org", ZONE)
        for number in range(20):
            self.fleet.cli("record", "set", "www.example.org", "A", f"192.0.2.{number + 1}",
                           "--ttl", "60", "--reason", "test")
        self.fleet.wait_everywhere("www.example.org", "A", ["192.0.2.20"])
        self.fleet.edges[0].stop()  # an edge leaves a file of its last state
        self.assertTrue(self.files(), f"no snapshot file below {self.fleet.folder}")

    def files(self):
        return files_of(self.fleet)

    def verify(self, *arguments, check=False):
        return self.fleet.cli("verify", "--log", self.fleet.log_url, "--dataset",
                              self.fleet.dataset, *arguments, check=check)

    def test_a_log_and_the_files_of_its_nodes_agree(self):
        arguments = [word for path in self.files() for word in ("--files", path)]
        done = self.verify("-o", "json", *arguments, check=True)
        said = json.loads(done.stdout)
        status = self.fleet.status()
        self.assertEqual(said["seq"], status["version"]["seq"])
        self.assertEqual(said["state_hash"], status["version"]["state_hash"])
        self.assertEqual(said["files"], len(self.files()))
        self.assertEqual(said["files_compared"], len(self.files()))
        self.assertEqual(said["problems"], [])
        self.assertGreaterEqual(said["records"], 21)

    def test_a_replay_from_a_file_comes_to_the_same_end(self):
        whole = json.loads(self.verify("-o", "json", check=True).stdout)
        tail = json.loads(self.verify("-o", "json", "--from", self.files()[0], check=True).stdout)
        for fact in ("seq", "state_hash", "chain", "offset"):
            self.assertEqual(tail[fact], whole[fact], fact)
        self.assertLess(tail["records"], whole["records"])

    def test_a_damaged_file_is_named(self):
        damaged = self.fleet.folder / "damaged.tmsnap"
        octets = bytearray(self.files()[0].read_bytes())
        octets[len(octets) // 2] ^= 1
        damaged.write_bytes(octets)
        done = self.verify("--files", damaged)
        self.assertEqual(done.returncode, 1)
        self.assertIn("damaged.tmsnap", done.stdout)

    def test_a_file_of_another_history_is_told_apart_by_name(self):
        with Fleet("sqlite", edges=1) as other:
            other.import_zone("example.org", ZONE)
            for number in range(20):
                other.cli("record", "set", "www.example.org", "A", f"198.51.100.{number + 1}",
                          "--ttl", "60", "--reason", "test")
            other.wait_everywhere("www.example.org", "A", ["198.51.100.20"])
            other.edges[0].stop()
            done = self.verify("--files", files_of(other)[-1])  # the newest generation
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("zone example.org.: www.example.org. A", done.stdout)
        self.assertIn("198.51.100.", done.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
