"""The checker: questions all the time, and afterwards a verdict on every answer.

Words, after Jepsen's: an answer is wrong if its version answers otherwise, mixed if each of its
RRsets was true at some time but not in one version, regressed if the process that gave it had
answered from a newer version on the same socket. A change is lost if it was accepted and is not in
the log's fold, unseen if an edge never came as far.
"""

import collections
import json
import pickle
import subprocess
import sys
import threading
import time

from fleet import ROOT, wait_until

from oracle import parse, same


class Checker:
    def __init__(self, stage, questions, rate=600):
        self.stage, self.questions = stage, questions
        self.out = stage.folder / "answers.pickle"
        config = stage.folder / "asker.json"
        config.write_text(json.dumps({
            "edges": [{"node": edge.node, "port": edge.dns} for edge in stage.edges],
            "questions": questions, "rate": rate, "out": str(self.out)}))
        self.errors = open(stage.folder / "asker.log", "wb")
        self.child = subprocess.Popen([sys.executable, str(ROOT / "tests/faults/asker.py"), config],
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      stderr=self.errors)
        self.seconds = []                                   # lines of the asker
        self.advances = collections.defaultdict(list)       # node -> [(t, seq)]
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.child.stdout:
            one = json.loads(line)
            if "seq" in one:
                self.advances[one["node"]].append((one["t"], one["seq"]))
            else:
                self.seconds.append(one)

    def say(self, *words):
        self.child.stdin.write((" ".join(map(str, words)) + "\n").encode())
        self.child.stdin.flush()

    def down(self, edge):
        self.say("down", edge.node)

    def up(self, edge):
        self.say("up", edge.node)

    def newest(self, node):
        return self.advances[node][-1][1] if self.advances[node] else -1

    def figures(self, begin, end):
        """Of the questions of an interval: sums over edges, the worst second's p99."""
        chosen = [one for one in list(self.seconds) if begin <= one["t"] <= end + 4]
        sums = {name: sum(one[name] for one in chosen)
                for name in ("asked", "answered", "lost", "excused")}
        return {**sums, "p99_ms": max((one["p99_ms"] for one in chosen), default=0),
                "p50_ms": sorted(one["p50_ms"] for one in chosen)[len(chosen) // 2]
                if chosen else 0}

    def seen_at(self, node, seq):
        return next((t for t, one in list(self.advances[node]) if one >= seq), None)

    def longest_pause(self, node, begin, end):
        """Seconds without a new version at an edge while clients write."""
        marks = [begin, *(t for t, _ in list(self.advances[node]) if begin < t < end), end]
        return max(after - before for before, after in zip(marks, marks[1:]))

    def finish(self):
        self.say("end")
        self.child.stdin.close()
        wait_until(lambda: self.child.poll() is not None, "the asker ends", 120, 0.05)
        self.reader.join(10)
        self.errors.close()
        if self.child.returncode != 0:
            raise AssertionError((self.stage.folder / "asker.log").read_text()[-2000:])
        with open(self.out, "rb") as file:
            return pickle.load(file)

    def stop(self):
        if self.child.poll() is None:
            self.child.kill()
            self.child.wait()
        self.errors.close()


class Verdict:
    """What the oracle says of all answers; times are those of time.monotonic()."""

    def __init__(self, answers, questions, history):
        self.history, self.questions = history, questions
        self.totals = answers["totals"]
        self.regressed = answers["regressed"]
        self.two_hashes = sorted(seq for seq, hashes in answers["seqs"].items() if len(hashes) > 1)
        self.checked = self.wrong = self.mixed = 0
        self.versions = len(answers["seqs"])
        self.distinct = len(answers["entries"])
        self.bad = []       # [(time, node, text)], the first 100
        self.parsed = {}
        bodies = answers["bodies"]
        for key, entry in answers["entries"].items():
            self._judge(*key, bodies, entry)

    def _judge(self, question, seq, serial, body, bodies, entry):
        count, first, node = entry
        name, kind = self.questions[question]
        if body not in self.parsed:
            self.parsed[body] = parse(bodies[body])
        seen = self.parsed[body]
        self.checked += count
        known = 0 <= seq <= self.history.seq
        expected = self.history.expected(name, kind, seq) if known else None
        wanted_serial = self.history.serial(name, seq) if known else None
        if expected is None:  # an answer of no version: only where no zone is
            expected = self.history.expected(name, kind, self.history.seq)
            if seq == -1 and seen[0] == "REFUSED" and expected[0] == "REFUSED":
                return
        elif same(expected, seen) and serial == wanted_serial:
            return
        sets = collections.defaultdict(set)
        for row in seen[2] | seen[4]:
            sets[row[:2]].add(row)
        if (expected is not None and seen[0] == expected[0] and
                all(self.history.ever(*owner, found) for owner, found in sets.items())):
            self.mixed += count
        else:
            self.wrong += count
        if len(self.bad) < 100:
            self.bad.append((first, node, f"{name} {kind} at seq {seq}, serial {serial}: {seen}; "
                             f"the log says {expected}, serial {wanted_serial}"))

    def counts(self):
        return {"checked": self.checked, "wrong": self.wrong, "mixed": self.mixed,
                "regressed": len(self.regressed), "two_hashes": len(self.two_hashes),
                "versions": self.versions, "distinct": self.distinct,
                "unread": self.totals["unread"]}


class Writer(threading.Thread):
    """Changes one zone through one controller, again and again, and keeps what it was told."""

    def __init__(self, stage, number, zone, pause_s=0.2):
        super().__init__(daemon=True)
        self.stage, self.port, self.zone = stage, stage.apis[number], zone
        self.pause_s, self.name = pause_s, f"writer{number + 1}"
        self.ending, self.resting = threading.Event(), threading.Event()
        self.told = []      # {key, sent, done, status, change_id}
        self.strange = []
        self.count = 0

    def body(self):
        number = self.count
        edits = [{"op": "put", "name": "www", "type": "A", "ttl": 30,
                  "rdata": [f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"]},
                 {"op": "put", "name": "www", "type": "TXT", "ttl": 30, "rdata": [f'"{number}"']},
                 {"op": "put", "name": "mail", "type": "MX", "ttl": 30,
                  "rdata": [f"{number % 1000} www.{self.zone}."]}]
        if number % 3 == 0:
            edits.append({"op": "put", "name": "come.and.go", "type": "A", "ttl": 5,
                          "rdata": [f"10.9.{number >> 8 & 255}.{number & 255}"]})
        if number % 3 == 1 and number > 3:
            edits.append({"op": "delete", "name": "come.and.go", "type": "A"})
        return {"edits": edits}

    def run(self):
        while not self.ending.wait(self.pause_s):
            if not self.resting.is_set():
                self.count += 1
                self._send(f"{self.name}-{self.count}", self.body())

    def _send(self, key, body):
        sent, tries = time.monotonic(), 0
        while True:
            try:
                reply = self.stage.call("PATCH", f"/v1/zones/{self.zone}", body, port=self.port,
                                        Idempotency_Key=key, Tidemark_Reason="faults")
                break
            except Exception:  # nobody there, or the answer broke off: ask again with the key
                tries += 1
                if self.ending.is_set() and tries > 50:
                    return
                time.sleep(0.1)
        entry = {"key": key, "sent": sent, "done": time.monotonic(), "status": reply.status}
        if reply.status in (200, 202):
            entry["change_id"] = reply.json["change_id"]
        elif reply.status not in (409, 429, 503):
            self.strange.append(f"{key}: {reply}")
        self.told.append(entry)

    def stop(self):
        self.ending.set()
        self.join(90)


def account(writers, history):
    """How the log keeps what clients were told."""
    told = [entry for writer in writers for entry in writer.told]
    found = collections.Counter()
    lost, late_losers = [], 0
    for entry in told:
        found[entry["status"]] += 1
        fate = history.fates.get(entry.get("change_id"))
        if fate is None and history.before is not None:
            fate = history.before.fates.get(entry.get("change_id"))
        if entry["status"] == 200 and (fate is None or fate[0] is None):
            lost.append(entry)
        elif entry["status"] == 202 and fate is None:
            lost.append(entry)
        elif entry["status"] == 202 and fate[0] is None:
            late_losers += 1  # judged, and another change was first
    return {"told": len(told), "accepted": found[200], "pending": found[202],
            "refused": len(told) - found[200] - found[202], "lost": len(lost),
            "pending_rejected": late_losers,
            "strange": sum((writer.strange for writer in writers), []),
            "lost_ids": [entry["change_id"] for entry in lost][:10]}
