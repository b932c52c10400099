#!/usr/bin/env python3
"""Attacks on a real server process: UDP is answered throughout, memory and descriptors bounded.

usage: abuse_test.py [TEST...]   TIDEMARK_BIN: folder of the programs; TIDEMARK_FLOOD: the generator

Nothing here asserts a time: bounds are of memory, descriptors, octets and counters.
"""

import pathlib
import resource
import signal
import socket
import struct
import threading
import unittest

from server import Server, flood, framed, query, wait_until

# Allowed above what the process had before the attack. 1,024 connections may hold 1 KiB to read and
# up to 128 KiB to write each; slow ones hold the former.
SLOW_KIB = 24 * 1024
UNREAD_KIB = 1024 * (128 + 66) + 16 * 1024
FLOOD_KIB = 8 * 1024

CONNECTIONS = "tidemark_tcp_connections"


def connect(port, source="127.0.0.1"):
    tcp = socket.socket()
    tcp.settimeout(10)
    tcp.bind((source, 0))
    tcp.connect(("127.0.0.1", port))
    return tcp


def send_now(tcp, octets):
    """True while the connection takes it."""
    tcp.setblocking(False)
    try:
        return tcp.send(octets) > 0
    except BlockingIOError:
        return True
    except OSError:
        return False


def is_gone(tcp):
    tcp.setblocking(False)
    try:
        while tcp.recv(65536):
            pass
        return True
    except BlockingIOError:
        return False
    except OSError:
        return True


def close_all(connections):
    for tcp in connections:
        tcp.close()


class Abuse(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))

    def assert_bounded(self, server, before_kib, allowed_kib):
        self.assertLess(server.rss_kib() - before_kib, allowed_kib)

    def test_slowloris(self):
        """3,000 connections of 150 addresses that begin a message and go on octet by octet."""
        with Server() as server:
            server.answers_udp()
            before = server.rss_kib()
            slow, opened = [], 0
            piece = framed(query("www.example.org"))
            for round_number in range(20):
                for source in range(1, 151):
                    slow.append(connect(server.port, f"127.0.{source}.1"))
                    opened += 1
                for tcp in slow:
                    send_now(tcp, piece[round_number % 10:round_number % 10 + 1])
                if round_number % 5 == 0:
                    self.assertTrue(server.answers_udp())
                    self.assert_bounded(server, before, SLOW_KIB)
                    self.assertLessEqual(server.metrics()[CONNECTIONS], 1024)
                gone = [tcp for tcp in slow if is_gone(tcp)]
                close_all(gone)
                slow = [tcp for tcp in slow if tcp not in gone]
            self.assertEqual(opened, 3000)
            # Whoever is left is thrown out while it goes on sending.
            wait_until(lambda: all(is_gone(tcp) for tcp in slow), "every slow connection is closed")
            close_all(slow)
            wait_until(lambda: server.metrics()[CONNECTIONS] == 0, "no connection is left")
            self.assertTrue(server.answers_udp())
            self.assert_bounded(server, before, SLOW_KIB)

    def test_one_address_gets_its_share_of_connections_only(self):
        with Server() as server:
            many = [connect(server.port, "127.0.7.7") for _ in range(200)]
            refused = 'tidemark_tcp_refused_total{limit="source"}'
            wait_until(lambda: server.metrics()[refused] >= 175, "175 of 200 are refused")
            self.assertLessEqual(server.metrics()[CONNECTIONS], 25)
            with connect(server.port, "127.0.7.8") as other:
                other.sendall(framed(query("h1.example.org")))
                self.assertGreater(len(other.recv(4096)), 12)
            close_all(many)

    def test_clients_that_never_read(self):
        with Server(rate_limit="off") as server:
            server.answers_udp()
            before = server.rss_kib()
            deaf = [connect(server.port, f"127.0.{10 + number // 20}.1") for number in range(400)]
            large = framed(query("many.example.org", kind=16)) * 20
            for _ in range(20):
                for tcp in deaf:
                    send_now(tcp, large)
            self.assertTrue(server.answers_udp())
            self.assert_bounded(server, before, UNREAD_KIB)
            wait_until(lambda: server.metrics()[CONNECTIONS] == 0, "all deaf clients are closed")
            self.assertTrue(server.answers_udp())
            close_all(deaf)

    def test_no_descriptors_left(self):
        """UDP, the admin listener and the process live on; accepting comes back."""
        with Server(open_files=96) as server:
            held = []
            for number in range(200):  # the backlog takes what the server does not
                held.append(connect(server.port, f"127.1.{number % 100}.1"))
            refused = 'tidemark_tcp_refused_total{limit="descriptors"}'
            wait_until(lambda: server.metrics()[refused] > 0, "descriptors run out")
            self.assertTrue(server.answers_udp())
            self.assertLess(server.descriptors(), 96)
            close_all(held)

            def served_again():
                with connect(server.port, "127.1.200.1") as tcp:
                    tcp.settimeout(2)
                    try:
                        tcp.sendall(framed(query("h1.example.org")))
                        return len(tcp.recv(4096)) > 12
                    except OSError:
                        return False
            wait_until(served_again, "TCP is served again")

    def test_connection_churn(self):
        """5,000 connections that leave in every way; nothing is left behind."""
        with Server() as server:
            server.answers_udp()
            before, descriptors = server.rss_kib(), server.descriptors()
            message = framed(query("h1.example.org"))
            for number in range(5000):
                tcp = connect(server.port, f"127.2.{number % 200}.1")
                if number % 4 == 1:
                    send_now(tcp, message)
                elif number % 4 == 2:
                    send_now(tcp, message[:5])
                    tcp.shutdown(socket.SHUT_WR)
                elif number % 4 == 3:
                    send_now(tcp, message)
                    tcp.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                tcp.close()
                if number % 1000 == 0:
                    self.assertTrue(server.answers_udp())
            wait_until(lambda: server.metrics()[CONNECTIONS] == 0, "no connection is left")
            self.assertLessEqual(server.descriptors(), descriptors + 4)
            self.assert_bounded(server, before, SLOW_KIB)
            self.assertTrue(server.answers_udp())

    def test_d33_a_million_random_names_leave_series_and_memory_flat(self):
        with Server() as server:
            flood("nxdomain", server.port, 20_000)  # every page that is ever touched
            before, series = server.rss_kib(), set(server.metrics())
            done = flood("nxdomain", server.port, 1_000_000)
            self.assertGreater(done["received"], 900_000)
            self.assertGreater(done["rcodes"][3], 900_000)
            self.assertEqual(set(server.metrics()), series)
            self.assert_bounded(server, before, FLOOD_KIB)

    def test_a_limited_source_gets_no_more_than_it_sends(self):
        with Server(rate_limit="on", workers=1) as server:
            before = server.rss_kib()
            for kind in ("exact", "nxdomain", "wildcard", "labels", "refused"):
                source = "127.9.0." + str(1 + len(kind))
                flood(kind, server.port, 2000, source)  # its burst
                done = flood(kind, server.port, 20_000, source)
                with self.subTest(kind):
                    self.assertLessEqual(done["octets_in"] / done["octets_out"], 1.1)
                    self.assertGreater(done["received"], 0, "slip 1: nobody real is cut off")
                    if kind != "refused":
                        self.assertGreater(done["truncated"], done["received"] * 0.8)
            limited = server.metrics()
            self.assertGreater(limited['tidemark_rate_limited_total{class="answer"}'], 50_000)
            self.assertGreater(limited['tidemark_rate_limited_total{class="error"}'], 10_000)
            self.assert_bounded(server, before, FLOOD_KIB)

    def test_two_servers_spoofed_at_each_other_say_nothing(self):
        """A response, whoever sends it, is the end of it: nothing comes back, no loop begins."""
        with Server(workers=1) as one, Server(workers=1) as two:
            # What each would send to the other, were a query spoofed: a response.
            for sender, victim in ((one, two), (two, one)):
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as spoofed:
                    spoofed.settimeout(10)
                    spoofed.sendto(query("h1.example.org"), ("127.0.0.1", sender.port))
                    response = spoofed.recv(4096)
                    for _ in range(100):
                        spoofed.sendto(response, ("127.0.0.1", victim.port))
                silent = wait_until(
                    lambda: victim.metrics()["tidemark_silent_total"] >= 100 and
                    victim.metrics(), "all were looked at")
                self.assertEqual(silent["tidemark_silent_total"], 100)
            for server in (one, two):
                done = flood("response", server.port, 1000)
                self.assertEqual((done["sent"], done["received"]), (1000, 0))

    def test_what_was_received_before_the_end_is_answered(self):
        """The queue of a socket is drained before it is closed; the kernel's own drops apart."""
        sent, clients = 60, [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(10)]
        with Server(workers=1) as server:
            for client in clients:
                client.connect(("127.0.0.1", server.port))
            server.child.send_signal(signal.SIGSTOP)
            for number in range(sent):
                for client in clients:
                    client.send(query("h1.example.org", number))
            dropped = drops_of(server.port)
            threading.Timer(0.3, server.child.send_signal, [signal.SIGCONT]).start()
        answered = sum(1 for client in clients for _ in received(client))
        self.assertEqual(answered + dropped, sent * len(clients))
        self.assertGreater(answered, 100)
        close_all(clients)


def drops_of(port):
    """Datagrams that found the receive buffers of this port full."""
    with open("/proc/net/udp") as table:
        rows = [line.split() for line in table][1:]
    return sum(int(row[-1]) for row in rows if int(row[1].split(":")[1], 16) == port)


def received(client):
    client.setblocking(False)
    while True:
        try:
            yield client.recv(4096)
        except BlockingIOError:
            return
        except ConnectionRefusedError:  # a client that the kernel told of the closed port
            continue


if __name__ == "__main__":
    unittest.main(verbosity=2)
