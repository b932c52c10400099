"""Where an edge gets a state from when folding on is not enough. Real programs, one log.

usage: bootstrap_test.py [unittest arguments]
TIDEMARK_LOG_KIND: sqlite (default) or kafka: only the case of the passed retention runs there
"""

import ctypes
import hashlib
import http.client
import http.server
import json
import os
import re
import shutil
import sqlite3
import threading
import unittest

from fleet import BIN, Edge, Fleet, free_port, request, wait_until

LOG_KIND = os.environ.get("TIDEMARK_LOG_KIND", "sqlite")
NAMES = 3000
HEAD = ("$ORIGIN example.org.\n$TTL 300\n@ SOA ns1 hostmaster 1 7200 900 1209600 300\n@ NS ns1\n"
        "ns1 A 192.0.2.1\nwww A 192.0.2.10\n")


def zone_text(names=NAMES):
    return HEAD + "".join(f"n{i} A 10.0.{i >> 8}.{i & 255}\n" for i in range(names))


def named_edge(fleet, name, *arguments, log=None, workers=1):
    """An edge that the fleet does not start by itself, with further arguments."""
    edge = Edge(name, fleet, workers)
    edge.arguments += [str(argument) for argument in arguments]
    if log is not None:
        edge.arguments[edge.arguments.index("--log") + 1] = str(log)
    fleet.others.append(edge)
    return edge


def sharing_edge(fleet, name, *arguments):
    port = free_port()
    edge = named_edge(fleet, name, "--share-snapshots", f"127.0.0.1:{port}", *arguments)
    edge.share = f"http://127.0.0.1:{port}"
    edge.share_port = port
    return edge


def listed(port):
    try:
        reply = request(port, "GET", "/v1/snapshots", timeout=5)
    except OSError:
        return []
    return reply.json["snapshots"] if reply.status == 200 else []


def shared_file(edge, seq):
    """The peer's file of at least this version, once it is listed."""
    return wait_until(lambda: next((one for one in listed(edge.share_port) if one["seq"] >= seq),
                                   None), f"{edge.node} shares version {seq}")


def octets_of(port, sha256):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", f"/v1/snapshots/{sha256}")
    octets = connection.getresponse().read()
    connection.close()
    return octets


class Source:
    """A source of one file in this process, with faults: statuses first, a cut, a flipped octet."""

    def __init__(self, entry, octets):
        self.entry, self.octets = entry, octets
        self.statuses = []  # given before anything else, with Retry-After: 1
        self.parts_left = None  # then connections are closed without an answer
        self.flips = False
        self.asked, self.sent = [], 0
        source = self

        class Answer(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                source.asked.append((self.path, self.headers.get("Range")))
                if source.statuses:
                    self.send_response(source.statuses.pop(0))
                    self.send_header("Retry-After", "1")
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                elif self.path == "/v1/snapshots":
                    self.whole(json.dumps({"snapshots": [source.entry]}).encode())
                else:
                    self.part()

            def whole(self, body):
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def part(self):
                if source.parts_left is not None:
                    if source.parts_left == 0:
                        self.close_connection = True
                        return
                    source.parts_left -= 1
                first, last = map(int, re.fullmatch(r"bytes=(\d+)-(\d+)",
                                                    self.headers["Range"]).groups())
                body = bytearray(source.octets[first:last + 1])
                if source.flips:
                    body[len(body) // 2] ^= 4
                self.send_response(206)
                self.send_header("Content-Range", f"bytes {first}-{last}/{len(source.octets)}")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
                source.sent += len(body)

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def retire_sqlite(path, dataset, position):
    """As a retention would: the log begins at `position`. The file's format: docs/formats."""
    log = sqlite3.connect(path, timeout=10)
    with log:
        row = log.execute("SELECT id FROM topic WHERE name=?", (f"{dataset}.changes",)).fetchone()
        log.execute(f"DELETE FROM record_{row[0]} WHERE position<?", (position,))
        log.execute("UPDATE topic SET start_position=? WHERE id=?", (position, row[0]))
    log.close()


def cut_sqlite(path, dataset, position):
    """The log's end is lost from `position` on."""
    log = sqlite3.connect(path, timeout=10)
    with log:
        row = log.execute("SELECT id FROM topic WHERE name=?", (f"{dataset}.changes",)).fetchone()
        log.execute(f"DELETE FROM record_{row[0]} WHERE position>=?", (position,))
        log.execute("UPDATE topic SET next_position=? WHERE id=?", (position, row[0]))
    log.close()


@unittest.skipUnless(LOG_KIND == "sqlite", "these cases need no broker")
class WithoutItsLog(unittest.TestCase):
    """One peer holds a file; those who come have neither a log nor a state."""

    @classmethod
    def setUpClass(cls):
        cls.fleet = Fleet("sqlite", edges=0)
        cls.fleet.__enter__()
        cls.peer = sharing_edge(cls.fleet, "peer").start()
        cls.fleet.import_zone("example.org", zone_text(30_000))
        cls.seq = wait_until(lambda: (cls.peer.version() or {}).get("seq"), "the peer serves")
        cls.entry = shared_file(cls.peer, cls.seq)
        cls.octets = octets_of(cls.peer.share_port, cls.entry["sha256"])

    @classmethod
    def tearDownClass(cls):
        cls.fleet.__exit__(None, None, None)

    def fresh(self, name, *arguments):
        away = f"sqlite:{self.fleet.folder / 'nowhere' / 'log.tmlog'}"
        (self.fleet.folder / "nowhere").mkdir(exist_ok=True)
        edge = named_edge(self.fleet, name, *arguments, log=away).start()
        self.addCleanup(edge.stop)
        return edge

    def serves(self, edge):
        wait_until(lambda: edge.texts("n7.example.org") == ["10.0.0.7"],
                   f"{edge.node} answers from the file")
        version = edge.version()
        self.assertEqual((version["seq"], version["state"]), (self.seq, "RESTORED"))
        self.assertEqual(version["state_hash"], self.entry["state_hash"])

    def source(self):
        source = Source(self.entry, self.octets)
        self.addCleanup(source.close)
        return source

    def test_the_file_is_what_its_name_says(self):
        self.assertEqual(hashlib.sha256(self.octets).hexdigest(), self.entry["sha256"])
        self.assertGreater(len(self.octets), 600_000, "several parts")

    def test_from_a_peer_and_then_from_its_own_disk(self):
        edge = self.fresh("from-peer", "--snapshot-peer", self.peer.share)
        self.serves(edge)
        self.assertIn("\ntidemark_bootstraps_total 1\n", edge.metrics())
        self.assertIn(f"\ntidemark_bootstrap_received_octets_total {len(self.octets)}\n",
                      edge.metrics())
        wait_until(lambda: edge.version()["snapshot_file_seq"] == self.seq, "its own file")
        edge.stop()
        edge.arguments[edge.arguments.index("--snapshot-peer") + 1] = "http://127.0.0.1:9"
        edge.start()
        self.serves(edge)

    def test_after_429_it_comes_back(self):
        source = self.source()
        source.statuses = [429, 503]
        edge = self.fresh("after-429", "--snapshot-from", source.url)
        self.serves(edge)
        self.assertIn('tidemark_bootstrap_failures_total{reason="busy"} 2\n', edge.metrics())

    def test_a_source_that_dies_in_the_middle_is_gone_on_with(self):
        source, other = self.source(), self.source()
        source.parts_left = 1
        edge = self.fresh("resumes", "--snapshot-peer", source.url, "--snapshot-from", other.url)
        self.serves(edge)
        self.assertEqual(source.sent + other.sent, len(self.octets), "no octet twice")
        self.assertGreater(other.sent, 0)

    def test_a_restart_in_the_middle_goes_on_too(self):
        source = self.source()
        source.parts_left = 1
        edge = self.fresh("restarts", "--snapshot-peer", source.url)
        folder = self.fleet.folder / edge.node
        wait_until(lambda: list(folder.glob("fetch-*.part")), "the first part is on the disk")
        edge.stop(9)
        source.parts_left = None
        edge.start()
        self.serves(edge)
        self.assertEqual(source.sent, len(self.octets), "no octet twice")
        self.assertEqual(list(folder.glob("fetch-*")), [])

    def test_a_damaged_file_is_set_aside_and_another_source_asked(self):
        bad, good = self.source(), self.source()
        bad.flips = True
        edge = self.fresh("damaged", "--snapshot-peer", bad.url, "--snapshot-from", good.url)
        self.serves(edge)
        aside = list((self.fleet.folder / edge.node).glob("*.bad"))
        self.assertEqual(len(aside), 1, aside)
        self.assertIn("set aside", edge.log.read_text())

    def test_with_nobody_it_binds_nothing(self):
        edge = self.fresh("alone", "--snapshot-peer", "http://127.0.0.1:9")
        wait_until(lambda: "127.0.0.1:9" in edge.log.read_text(), "it says whom it asked")
        self.assertEqual(edge.version()["listen"], [])
        self.assertEqual(request(edge.admin, "GET", "/readyz").status, 503)


@unittest.skipUnless(LOG_KIND == "sqlite", "these cases need no broker")
class OnALogThatLost(unittest.TestCase):
    def test_retention_passed_a_node_that_slept(self):
        with Fleet("sqlite", edges=0) as fleet:
            peer = sharing_edge(fleet, "peer").start()
            sleeper = named_edge(fleet, "sleeper", "--snapshot-peer", peer.share).start()
            fleet.import_zone("example.org", zone_text(50))
            wait_until(lambda: sleeper.texts("n7.example.org") == ["10.0.0.7"], "both serve")
            sleeper.stop()
            for address in range(1, 9):
                text = zone_text(50).replace("192.0.2.10", f"192.0.2.{100 + address}")
                last = fleet.import_zone("example.org", text)["version"]["seq"]
            wait_until(lambda: (peer.version() or {}).get("snapshot_file_seq") == last, "a file")
            peer.stop()
            peer.start()  # shares its newest file at once
            shared_file(peer, last)
            retire_sqlite(fleet.log_file, fleet.dataset, last - 1)  # positions are one less
            sleeper.start()
            wait_until(lambda: sleeper.texts("www.example.org") == ["192.0.2.108"],
                       "healed without hands")
            wait_until(lambda: sleeper.version()["state"] == "LIVE", "and follows")
            fleet.import_zone("example.org", zone_text(50))
            wait_until(lambda: sleeper.texts("www.example.org") == ["192.0.2.10"], "new changes")
            fresh = named_edge(fleet, "fresh", "--snapshot-peer", peer.share).start()
            wait_until(lambda: fresh.texts("www.example.org") == ["192.0.2.10"],
                       "a fresh one too")

    def test_a_node_of_a_lost_branch_goes_over_when_the_log_went_past_it(self):
        with Fleet("sqlite", edges=1) as fleet:
            edge = fleet.edges[0]
            fleet.import_zone("example.org", zone_text(20))
            branch = zone_text(20).replace("192.0.2.10", "192.0.2.66")
            lost = fleet.import_zone("example.org", branch)["version"]
            wait_until(lambda: edge.version()["snapshot_file_seq"] == lost["seq"], "a file of it")
            fleet.controller.stop()
            edge.stop()
            cut_sqlite(fleet.log_file, fleet.dataset, lost["seq"] - 1)
            shutil.rmtree(fleet.folder / "controller")  # an operator decided for what is left
            fleet.controller.start()
            wait_until(lambda: fleet.status() is not None, "the controller is back")
            edge.start()
            wait_until(lambda: (edge.version() or {}).get("state") == "DIVERGED", "it noticed")
            self.assertEqual(edge.texts("www.example.org"), ["192.0.2.66"], "and serves on")
            for address in (71, 72, 73):
                text = zone_text(20).replace("192.0.2.10", f"192.0.2.{address}")
                fleet.import_zone("example.org", text)
            wait_until(lambda: edge.texts("www.example.org") == ["192.0.2.73"],
                       "healed without hands")
            wait_until(lambda: edge.version()["state"] == "LIVE", "and follows")
            self.assertIn("DIVERGED", edge.log.read_text())


def delete_records(brokers, topic, before):
    """As retention would, on a broker: through librdkafka's own admin call."""
    library = ctypes.CDLL("librdkafka.so.1")
    pointers = ("conf_new", "new", "topic_partition_list_new", "topic_partition_list_add",
                "DeleteRecords_new", "queue_new", "queue_poll")
    for name in pointers:
        getattr(library, f"rd_kafka_{name}").restype = ctypes.c_void_p
    said = ctypes.create_string_buffer(512)
    conf = ctypes.c_void_p(library.rd_kafka_conf_new())
    library.rd_kafka_conf_set(conf, b"bootstrap.servers", brokers.encode(), said, 512)
    client = ctypes.c_void_p(library.rd_kafka_new(0, conf, said, 512))
    places = ctypes.c_void_p(library.rd_kafka_topic_partition_list_new(1))
    library.rd_kafka_topic_partition_list_add(places, topic.encode(), 0)
    library.rd_kafka_topic_partition_list_set_offset(places, topic.encode(), 0,
                                                     ctypes.c_int64(before))
    wish = (ctypes.c_void_p * 1)(library.rd_kafka_DeleteRecords_new(places))
    queue = ctypes.c_void_p(library.rd_kafka_queue_new(client))
    library.rd_kafka_DeleteRecords(client, wish, ctypes.c_size_t(1), None, queue)
    event = library.rd_kafka_queue_poll(queue, 15_000)
    assert event, "the broker answers"
    assert library.rd_kafka_event_error(ctypes.c_void_p(event)) == 0, "records are deleted"
    library.rd_kafka_destroy(client)


@unittest.skipUnless(LOG_KIND == "kafka", "the same with a broker")
class OnKafka(unittest.TestCase):
    def test_delete_records_past_a_node_that_slept(self):
        with Fleet("kafka", edges=0) as fleet:
            wait_until(lambda: fleet.status()["state"] == "LIVE", "the controller follows")
            peer = sharing_edge(fleet, "peer").start()
            sleeper = named_edge(fleet, "sleeper", "--snapshot-peer", peer.share).start()
            fleet.import_zone("example.org", zone_text(20))
            wait_until(lambda: sleeper.texts("n7.example.org") == ["10.0.0.7"], "both serve")
            sleeper.stop()
            for address in range(1, 6):
                text = zone_text(20).replace("192.0.2.10", f"192.0.2.{100 + address}")
                last = fleet.import_zone("example.org", text)["version"]["seq"]
            wait_until(lambda: (peer.version() or {}).get("snapshot_file_seq") == last, "a file")
            offset = peer.version()["offset"]
            peer.stop()
            peer.start()
            shared_file(peer, last)
            delete_records(fleet.log_url.removeprefix("kafka:"), f"{fleet.dataset}.changes", offset)
            sleeper.start()
            wait_until(lambda: sleeper.texts("www.example.org") == ["192.0.2.105"],
                       "healed without hands")


if __name__ == "__main__":
    assert (BIN / "tidemark-edge").exists(), BIN
    unittest.main()
