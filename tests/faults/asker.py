#!/usr/bin/python3
"""Asks edges questions without a pause, and remembers what was answered by which version.

usage: asker.py CONFIG.json

The config names edges (node, port), questions, how many a second each edge gets, and the file that
the answers go to. Answers are counted, not kept: one entry for each (question, version, octets).
Commands come by standard input, a word and its argument a line:
  down NODE   it is about to be ended on purpose: what is lost from now on is not missed
  up NODE     it is back
  rate N      so many questions a second and edge
  end         write the file and end
A second is a line of JSON on standard output: {"t", "node", "asked", "answered", "lost",
"excused", "p50_ms", "p99_ms", "max_ms"}; a new version too: {"t", "node", "seq"}. t is
CLOCK_MONOTONIC.
"""

import json
import math
import os
import pickle
import select
import socket
import struct
import sys
import time

from oracle import opt_of, question_octets

SOURCES = 4        # sockets an edge: the system spreads them over its workers
PATIENCE_S = 3.0   # an answer that is not there by then is lost
TICK_S = 0.004
DOWNS_KEPT = 20    # more than fall into PATIENCE_S
EXCUSED_BEFORE_S = 0.25  # before the word that a node goes down: it was under way then
BURST_MAX = 64     # of one edge in one tick: behind on a busy machine it does not flood
IDS = [struct.pack(">H", number) for number in range(65536)]


class Source:
    def __init__(self, edge, port):
        self.edge = edge
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.socket.connect(("127.0.0.1", port))
        self.socket.setblocking(False)
        self.next = 0
        self.waiting = {}  # id -> (when, question)
        self.floors = {}   # which process answered -> newest seq that it answered from


class Edge:
    def __init__(self, node, port):
        self.node = node
        self.sources = [Source(self, port) for _ in range(SOURCES)]
        self.turn = self.question = 0
        self.owed = 0.0
        self.downs = []    # [from, to]: when it was down on purpose
        self.newest = -1
        self.last = {}     # question -> (octets, entry, seq, process): of its newest answer
        self.clear()

    def clear(self):
        self.asked = self.answered = self.lost = self.excused = 0
        self.times = []


class Asker:
    def __init__(self, config):
        self.questions = [question_octets(*one) for one in config["questions"]]
        self.edges = [Edge(one["node"], one["port"]) for one in config["edges"]]
        self.rate = config["rate"]
        self.out = config["out"]
        self.bodies = {}    # octets without id and OPT -> number
        self.seqs = {}      # seq -> {hash}
        self.entries = {}   # (question, seq, serial, body) -> [count, first time, its node]
        self.regressed = []
        self.totals = {"asked": 0, "answered": 0, "lost": 0, "excused": 0, "late": 0, "unread": 0}
        self.poll = select.poll()
        self.by_fd = {}
        for edge in self.edges:
            for source in edge.sources:
                self.by_fd[source.socket.fileno()] = source
                self.poll.register(source.socket, select.POLLIN)
        self.poll.register(0, select.POLLIN)

    def say(self, **words):
        sys.stdout.write(json.dumps(words) + "\n")
        sys.stdout.flush()

    def run(self):
        then = time.monotonic()
        second, ending, words = then + 1, False, b""
        while not ending:
            now = time.monotonic()
            for edge in self.edges:
                edge.owed = min(edge.owed + (now - then) * self.rate, BURST_MAX)
                while edge.owed >= 1:
                    edge.owed -= 1
                    self.ask(edge, now)
            then = now
            if now >= second:
                self.expire(now)
                self.report(now)
                second = now + 1
            while (left := now + TICK_S - time.monotonic()) > 0:
                for fd, _ in self.poll.poll(left * 1000):
                    if fd:
                        self.receive(self.by_fd[fd])
                        continue
                    octets = os.read(0, 65536)
                    ending |= not octets
                    *lines, words = (words + octets).split(b"\n")
                    for line in lines:
                        ending |= self.obey(*line.decode().split())
        self.drain()
        self.write()

    def obey(self, verb, argument=""):
        if verb == "rate":
            self.rate = float(argument)
        elif verb in ("down", "up"):
            edge = next(edge for edge in self.edges if edge.node == argument)
            now = time.monotonic()
            if verb == "down":
                edge.downs = [*edge.downs[-DOWNS_KEPT:], [now - EXCUSED_BEFORE_S, math.inf]]
            else:
                for down in edge.downs:
                    down[1] = min(down[1], now)
        return verb == "end"

    def ask(self, edge, now):
        source = edge.sources[edge.turn]
        edge.turn = (edge.turn + 1) % SOURCES
        edge.question = (edge.question + 1) % len(self.questions)
        number = source.next = (source.next + 1) & 0xFFFF
        octets = IDS[number]
        edge.asked += 1
        try:
            source.socket.send(octets + self.questions[edge.question])
            source.waiting[octets] = (now, edge.question)
        except OSError:  # the port is closed
            self.miss(edge, now)

    def miss(self, edge, asked):
        if any(begun <= asked <= ended for begun, ended in edge.downs):
            edge.excused += 1
        else:
            edge.lost += 1

    def receive(self, source):
        edge, now = source.edge, time.monotonic()
        try:
            while True:
                octets = source.socket.recv(4096)
                asked = source.waiting.pop(octets[:2], None)
                if asked is None:
                    self.totals["late"] += 1
                    continue
                edge.answered += 1
                edge.times.append(now - asked[0])
                body = octets[2:]
                known = edge.last.get(asked[1])
                if known is None or known[0] != body:
                    known = (body, *self.look(edge, asked[1], octets, now))
                    edge.last[asked[1]] = known
                _, entry, seq, process = known
                entry[0] += 1
                floor = source.floors.get(process, -1)
                if seq != floor and seq >= 0:
                    if seq < floor:
                        self.regressed.append((now, edge.node, floor, seq))
                    source.floors[process] = seq
        except BlockingIOError:
            pass
        except OSError:  # the port was closed when a question came
            pass

    def look(self, edge, question, octets, now):
        try:
            at, options = opt_of(octets)
            version = options.get(65001, b"")
            seq = struct.unpack_from(">Q", version)[0] if version else -1
            serial = struct.unpack(">BBI", options[19])[2] if 19 in options else None
            rest = octets[2:10] + struct.pack(">H", struct.unpack_from(">H", octets, 10)[0] - 1)
            body = rest + octets[12:at]
        except (struct.error, IndexError, TypeError):
            self.totals["unread"] += 1
            return [0, now, edge.node], -1, b""
        if seq >= 0:
            self.seqs.setdefault(seq, set()).add(version[8:24])
        if seq > edge.newest:
            edge.newest = seq
            self.say(t=now, node=edge.node, seq=seq)
        key = (question, seq, serial, self.bodies.setdefault(body, len(self.bodies)))
        return self.entries.setdefault(key, [0, now, edge.node]), seq, options.get(3, b"")

    def expire(self, now):
        for edge in self.edges:
            for source in edge.sources:
                old = [key for key, (when, _) in source.waiting.items() if now - when > PATIENCE_S]
                for key in old:
                    self.miss(edge, source.waiting.pop(key)[0])

    def report(self, now):
        for edge in self.edges:
            times = sorted(edge.times)
            at = [times[min(len(times) - 1, len(times) * part // 100)] for part in (50, 99, 100)
                  ] if times else [0, 0, 0]
            self.say(t=now, node=edge.node, asked=edge.asked, answered=edge.answered,
                     lost=edge.lost, excused=edge.excused, p50_ms=round(at[0] * 1000, 3),
                     p99_ms=round(at[1] * 1000, 3), max_ms=round(at[2] * 1000, 3))
            for name in ("asked", "answered", "lost", "excused"):
                self.totals[name] += getattr(edge, name)
            edge.clear()

    def drain(self):
        """What is under way has its time to come."""
        end = time.monotonic() + PATIENCE_S + 0.1
        while time.monotonic() < end and any(
                source.waiting for edge in self.edges for source in edge.sources):
            for fd, _ in self.poll.poll(50):
                if fd:
                    self.receive(self.by_fd[fd])
        self.expire(time.monotonic() + PATIENCE_S)
        self.report(time.monotonic())

    def write(self):
        with open(self.out + ".new", "wb") as file:
            pickle.dump({"bodies": list(self.bodies), "entries": self.entries, "seqs": self.seqs,
                         "regressed": self.regressed, "totals": self.totals}, file)
        os.rename(self.out + ".new", self.out)


if __name__ == "__main__":
    with open(sys.argv[1]) as text:
        Asker(json.load(text)).run()
