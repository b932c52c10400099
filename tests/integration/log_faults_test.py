"""A log that is not the one that was folded: noticed before anything is applied, named, healed.

usage: log_faults_test.py [unittest arguments]
TIDEMARK_LOG_KIND: sqlite (default) or kafka
"""

import json
import os
import pathlib
import shutil
import signal
import sqlite3
import time
import unittest

from fleet import Fleet, ROOT, ZONE, free_port, run_kafka, wait_until

LOG_KIND = os.environ.get("TIDEMARK_LOG_KIND", "sqlite")
BEFORE = ["192.0.2.10", "192.0.2.11"]


def put_www(fleet, address, **headers):
    reply = fleet.call("PUT", "/v1/zones/example.org/rrsets/www/A",
                       {"ttl": 300, "rdata": [address]}, Tidemark_Reason="test", **headers)
    assert reply.status == 200, reply
    return reply.json


def begin(fleet):
    wait_until(lambda: (fleet.status() or {}).get("state") == "LIVE", "the controller follows")
    fleet.import_zone("example.org", ZONE)
    fleet.wait_everywhere("www.example.org", "A", BEFORE)


def states(fleet):
    controller = fleet.status()
    return ([controller["state"] if controller else None] +
            [(edge.version() or {}).get("state") for edge in fleet.edges])


def all_live(fleet):
    wait_until(lambda: set(states(fleet)) == {"LIVE"}, "everybody follows the log",
               deadline_s=60)


def same_at_controller(fleet):
    wait_until(lambda: all(node["proof"] == "same" for node in
                           fleet.call("GET", "/v1/fleet").json["nodes"] if node["live"]),
               "the controller holds the same as every edge")


def cut_sqlite(path, topic, position):
    log = sqlite3.connect(path, timeout=10)
    with log:
        row = log.execute("SELECT id FROM topic WHERE name=?", (topic,)).fetchone()
        log.execute(f"DELETE FROM record_{row[0]} WHERE position>=?", (position,))
        log.execute("UPDATE topic SET next_position=? WHERE id=?", (position, row[0]))
    log.close()


class Watch:
    """Seconds from the fault to the healing, printed."""

    def __init__(self, what):
        self.what, self.begun = what, time.monotonic()

    def __call__(self, event):
        print(f"{LOG_KIND}: {self.what}: {event} after {time.monotonic() - self.begun:.1f} s",
              flush=True)


def refill_after(fleet, seconds):
    fleet.controller.arguments += ["--refill-after", str(seconds)]
    return fleet


def recreate_changes(fleet):
    """The topic made anew: the same cluster, nothing in it."""
    topic = f"{fleet.dataset}.changes"
    if LOG_KIND == "sqlite":
        return cut_sqlite(fleet.log_file, topic, 0)
    brokers = fleet.log_url.removeprefix("kafka:")
    command = ("tool", "org.apache.kafka.tools.TopicCommand", "--bootstrap-server", brokers)
    run_kafka(*command, "--delete", "--topic", topic)
    run_kafka(*command, "--create", "--topic", topic, "--partitions", "1",
              "--config", "message.timestamp.type=LogAppendTime")
    return None


def delete_before(fleet, position):
    """Retention, or delete-records: what lies before `position` is gone."""
    topic = f"{fleet.dataset}.changes"
    if LOG_KIND == "sqlite":
        log = sqlite3.connect(fleet.log_file, timeout=10)
        with log:
            row = log.execute("SELECT id FROM topic WHERE name=?", (topic,)).fetchone()
            log.execute(f"DELETE FROM record_{row[0]} WHERE position<?", (position,))
            log.execute("UPDATE topic SET start_position=? WHERE id=?", (position, row[0]))
        return log.close()
    order = fleet.folder / "delete-records.json"
    order.write_text(json.dumps({"version": 1, "partitions": [
        {"topic": topic, "partition": 0, "offset": position}]}))
    return run_kafka("tool", "org.apache.kafka.tools.DeleteRecordsCommand", "--bootstrap-server",
                     fleet.log_url.removeprefix("kafka:"), "--offset-json-file", str(order))


class Faults(unittest.TestCase):
    def test_what_the_logs_end_took_along_is_sent_again(self):
        """Changes were accepted and served everywhere; then the log loses them."""
        with Fleet(LOG_KIND, edges=2) as fleet:
            begin(fleet)
            copy = self._copy_of_broker(fleet) if LOG_KIND == "kafka" else None
            cut = fleet.status()["offset"] + 1
            changes = [put_www(fleet, f"192.0.2.{octet}", Prefer="wait=20") for octet in (51, 52)]
            fleet.wait_everywhere("www.example.org", "A", ["192.0.2.52"])
            version = fleet.same_version_everywhere()
            self._lose_the_end(fleet, cut, copy)
            wait_until(lambda: "lost its end" in fleet.controller.log.read_text(),
                       "the controller noticed", deadline_s=60)
            all_live(fleet)
            for edge in fleet.edges:
                self.assertEqual(edge.texts("www.example.org"), ["192.0.2.52"], edge.node)
            self.assertEqual(fleet.same_version_everywhere(), version, "nothing is lost")
            same_at_controller(fleet)
            for change in changes:
                reply = fleet.call("GET", f"/v1/changes/{change['change_id']}")
                self.assertEqual(reply.json["state"], "accepted", reply)
            put_www(fleet, "192.0.2.53", Prefer="wait=20")
            fleet.wait_everywhere("www.example.org", "A", ["192.0.2.53"])

    def _copy_of_broker(self, fleet):
        run_kafka("down", "--keep", "--dir", str(fleet.kafka_folder))
        copy = fleet.folder / "kafka-copy"
        shutil.copytree(fleet.kafka_folder, copy)
        run_kafka("up", "--dir", str(fleet.kafka_folder))
        all_live(fleet)
        return copy

    def _lose_the_end(self, fleet, cut, copy):
        if copy is None:
            return cut_sqlite(fleet.log_file, f"{fleet.dataset}.changes", cut)
        pid = int((fleet.kafka_folder / "n1/pid").read_text())
        os.kill(pid, signal.SIGKILL)
        stat = pathlib.Path(f"/proc/{pid}/stat")
        wait_until(lambda: not stat.exists() or ") Z " in stat.read_text(), "the broker ended")
        shutil.rmtree(fleet.kafka_folder / "n1/data")
        shutil.copytree(copy / "n1/data", fleet.kafka_folder / "n1/data")
        run_kafka("up", "--dir", str(fleet.kafka_folder))
        return None

    @unittest.skipUnless(LOG_KIND == "sqlite", "one form is enough")
    def test_when_nobody_remembers_what_was_lost_edges_stay_with_it(self):
        with Fleet(LOG_KIND, edges=2) as fleet:
            begin(fleet)
            cut = fleet.status()["offset"] + 1
            made = put_www(fleet, "192.0.2.52", Prefer="wait=20")
            seq = made["version"]["seq"]
            wait_until(lambda: all(edge.version()["snapshot_file_seq"] == seq
                                   for edge in fleet.edges), "files of it")
            processes = (fleet.controller, *fleet.edges)
            for process in processes:
                process.stop()
            for path in (fleet.folder / "controller").glob("sent.sqlite*"):
                path.unlink()
            cut_sqlite(fleet.log_file, f"{fleet.dataset}.changes", cut)
            for process in processes:
                process.start()
            wait_until(lambda: [(edge.version() or {}).get("state") for edge in fleet.edges] ==
                       ["DIVERGED"] * 2, "both noticed")
            wait_until(lambda: fleet.status() is not None and
                       fleet.status()["state"] == "DIVERGED", "and the controller")
            for edge in fleet.edges:
                self.assertEqual(edge.texts("www.example.org"), ["192.0.2.52"], edge.node)
                self.assertIn("ends before", edge.version()["detail"])
            reply = fleet.call("GET", "/v1/changes/" + "0" * 32)
            self.assertEqual(reply.status, 503, "it does not vouch for what may be gone")
            waited = fleet.cli("wait", made["change_id"], "--timeout", "1", check=False)
            self.assertEqual(waited.returncode, 5, waited.stdout)
            self.assertIn("the controller itself is DIVERGED", waited.stderr)
            found = fleet.cli("fleet", "diverged", check=False)
            self.assertEqual(found.returncode, 1, found.stdout)
            self.assertIn("the controller itself is DIVERGED", found.stdout)
            self.assertIn("reports DIVERGED, version", found.stdout)

    @unittest.skipUnless(LOG_KIND == "sqlite", "one form is enough")
    def test_a_controller_that_was_started_anew_remembers_what_it_sent(self):
        with Fleet(LOG_KIND, edges=1) as fleet:
            begin(fleet)
            cut = fleet.status()["offset"] + 1
            seq = put_www(fleet, "192.0.2.52", Prefer="wait=20")["version"]["seq"]
            wait_until(lambda: fleet.edges[0].version()["snapshot_file_seq"] == seq, "a file of it")
            for process in (fleet.controller, *fleet.edges):
                process.stop()
            cut_sqlite(fleet.log_file, f"{fleet.dataset}.changes", cut)
            watch = Watch("end lost while all were down")
            for process in (fleet.controller, *fleet.edges):
                process.start()
            wait_until(lambda: "lost its end" in fleet.controller.log.read_text(), "named",
                       deadline_s=60)
            watch("named")
            all_live(fleet)
            watch("healed")
            self.assertEqual(fleet.edges[0].texts("www.example.org"), ["192.0.2.52"])
            self.assertEqual(fleet.same_version_everywhere()[0], seq)

    def test_whom_retention_passed_gets_a_file_controllers_too(self):
        with Fleet(LOG_KIND, edges=2) as fleet:
            begin(fleet)
            second_port = free_port()
            second = fleet.make_controller("second", second_port)
            fleet.others.append(second)
            second.start()
            wait_until(lambda: (fleet.status(port=second_port) or {}).get("state") == "LIVE",
                       "the second controller follows", deadline_s=60)
            edge = fleet.edges[1]
            if LOG_KIND == "sqlite":  # there an edge follows no announcements unasked
                edge.arguments += ["--snapshot-from", f"http://127.0.0.1:{fleet.api}"]
            for process in (second, edge):
                process.stop()
            for octet in (71, 72, 73):
                made = put_www(fleet, f"192.0.2.{octet}", Prefer="wait=0")
            fleet.call("POST", "/v1/snapshots")
            delete_before(fleet, fleet.status()["offset"] + 1)
            fresh_port = free_port()
            fresh = fleet.make_controller("fresh", fresh_port)
            fleet.others.append(fresh)
            watch = Watch("retention passed an edge, a controller and an empty one")
            for process in (second, edge, fresh):
                process.start()
            for process in (second, edge, fresh):
                wait_until(lambda: "bootstrap: version" in process.log.read_text(),
                           f"{process.name} took a file", deadline_s=60)
            for port in (second_port, fresh_port):
                wait_until(lambda: (fleet.status(port=port) or {}).get("state") == "LIVE",
                           "the controller follows", deadline_s=60)
            all_live(fleet)
            watch("healed")
            self.assertIn("is not in the log, which holds", second.log.read_text())
            self.assertEqual(fleet.status(port=fresh_port)["version"]["seq"],
                             made["version"]["seq"] if "version" in made else
                             fleet.status()["version"]["seq"])
            reply = fleet.call("PUT", "/v1/zones/example.org/rrsets/www/A",
                               {"ttl": 300, "rdata": ["192.0.2.74"]}, Tidemark_Reason="test",
                               port=second_port)
            self.assertEqual(reply.status, 200, reply)
            fleet.wait_everywhere("www.example.org", "A", ["192.0.2.74"])

    def test_all_records_deleted_while_all_were_down(self):
        with Fleet(LOG_KIND, edges=1) as fleet:
            begin(fleet)
            seq = put_www(fleet, "192.0.2.75", Prefer="wait=20")["version"]["seq"]
            wait_until(lambda: fleet.edges[0].version()["snapshot_file_seq"] == seq, "a file of it")
            offset = fleet.status()["offset"]
            for process in (fleet.controller, *fleet.edges):
                process.stop()
            delete_before(fleet, offset + 1)
            watch = Watch("delete-records up to the end")
            for process in (fleet.controller, *fleet.edges):
                process.start()
            wait_until(lambda: "the log goes on right behind it" in fleet.edges[0].log.read_text(),
                       "named", deadline_s=60)
            watch("named")
            all_live(fleet)
            watch("healed")
            put_www(fleet, "192.0.2.76", Prefer="wait=20")
            fleet.wait_everywhere("www.example.org", "A", ["192.0.2.76"])

    @unittest.skipUnless(LOG_KIND == "kafka", "needs a broker")
    def test_another_cluster_is_never_applied_and_the_right_one_is_followed_again(self):
        with Fleet("kafka", edges=1) as fleet:
            begin(fleet)
            port = fleet.log_url.rsplit(":", 1)[1]
            run_kafka("down", "--keep", "--dir", str(fleet.kafka_folder))
            other = fleet.folder / "other-kafka"
            run_kafka("up", "--port", port, "--dir", str(other))
            try:
                # Somebody else's fleet, with the same names.
                stranger_port = free_port()
                stranger = fleet.make_controller("stranger", stranger_port)
                fleet.others.append(stranger)
                stranger.start()
                wait_until(lambda: fleet.status(port=stranger_port) is not None,
                           "the stranger answers")
                wrong = ZONE.replace("192.0.2.10", "10.9.9.9")
                wait_until(lambda: fleet.call("PUT", "/v1/zones/example.org", wrong,
                                              port=stranger_port, Content_Type="text/dns",
                                              Tidemark_Reason="x").status == 200, "imported there")
                edge = fleet.edges[0]
                wait_until(lambda: "DIVERGED" in edge.log.read_text(), "the edge noticed",
                           deadline_s=60)
                self.assertEqual(edge.texts("www.example.org"), BEFORE)
                wait_until(lambda: fleet.status()["state"] == "DIVERGED", "and the controller",
                           deadline_s=60)
                reply = fleet.call("PUT", "/v1/zones/example.org/rrsets/www/A",
                                   {"ttl": 300, "rdata": ["192.0.2.99"]}, Tidemark_Reason="test")
                self.assertEqual(reply.status, 503, reply)
                self.assertIn("DIVERGED", reply.body)
                stranger.stop()
            finally:
                run_kafka("down", "--dir", str(other), check=False)
            run_kafka("up", "--dir", str(fleet.kafka_folder))
            all_live(fleet)
            self.assertEqual(fleet.edges[0].texts("www.example.org"), BEFORE)
            put_www(fleet, "192.0.2.54", Prefer="wait=20")
            fleet.wait_everywhere("www.example.org", "A", ["192.0.2.54"])

    def test_a_topic_made_anew_is_filled_again_and_all_go_on(self):
        with refill_after(Fleet(LOG_KIND, edges=2), 3) as fleet:
            begin(fleet)
            seq = put_www(fleet, "192.0.2.61", Prefer="wait=20")["version"]["seq"]
            serial = fleet.edges[0].texts("example.org", "SOA")
            watch = Watch("topic made anew")
            recreate_changes(fleet)
            wait_until(lambda: "DIVERGED" in states(fleet), "somebody noticed", deadline_s=60)
            wait_until(lambda: "was made anew" in fleet.controller.log.read_text(),
                       "the controller says what it is", deadline_s=60)
            watch("named")
            all_live(fleet)
            watch("healed")
            version = wait_until(fleet.same_version_everywhere, "all hold the same version")
            self.assertEqual(version[0], seq + 1)
            for edge in fleet.edges:
                self.assertEqual(edge.texts("www.example.org"), ["192.0.2.61"], edge.node)
                self.assertEqual(edge.texts("example.org", "SOA"), serial, edge.node)
            same_at_controller(fleet)
            put_www(fleet, "192.0.2.62", Prefer="wait=20")
            fleet.wait_everywhere("www.example.org", "A", ["192.0.2.62"])
            wait_until(lambda: fleet.call("GET", "/v1/history?name=www.example.org").status == 200,
                       "the history is built from the new log")
            if LOG_KIND == "sqlite":  # once more: it goes on from what went on
                recreate_changes(fleet)
                wait_until(lambda: "DIVERGED" in states(fleet), "noticed again", deadline_s=60)
                all_live(fleet)
                wait_until(lambda: (fleet.same_version_everywhere() or [0])[0] == seq + 3,
                           "all hold the version after the second refill")
                self.assertEqual(fleet.edges[1].texts("www.example.org"), ["192.0.2.62"])

    def test_a_topic_made_anew_is_not_filled_where_it_must_not_be(self):
        with refill_after(Fleet(LOG_KIND, edges=1), "never") as fleet:
            begin(fleet)
            recreate_changes(fleet)
            wait_until(lambda: set(states(fleet)) == {"DIVERGED"}, "both noticed", deadline_s=60)
            wait_until(lambda: "is not to be filled" in fleet.controller.log.read_text(),
                       "the controller says why", deadline_s=60)
            self.assertEqual(fleet.edges[0].texts("www.example.org"), BEFORE)
            wait_until(lambda: "changes:" in fleet.edges[0].version().get("detail", ""),
                       "the edge says why")
            # Killed, and started with another mind: it goes on from its file.
            fleet.controller.stop(signal.SIGKILL)
            fleet.controller.arguments[fleet.controller.arguments.index("never")] = "2"
            watch = Watch("topic made anew, controller killed")
            fleet.controller.start()
            all_live(fleet)
            watch("healed")
            self.assertEqual(fleet.edges[0].texts("www.example.org"), BEFORE)
            put_www(fleet, "192.0.2.62", Prefer="wait=20")


if __name__ == "__main__":
    assert (ROOT / "scripts/kafka").exists()
    unittest.main(verbosity=2)
