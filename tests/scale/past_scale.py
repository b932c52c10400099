"""A log of many years, a controller on it, and questions about its past: timed, and compared with
an independent replay in Python (tests/integration/past_reader.py)."""

import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
import threading
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/integration"))

from fleet import BIN, Fleet, request, wait_until  # noqa: E402
from past_reader import PastReader, comparable, text_of  # noqa: E402

BUILD = pathlib.Path(os.environ.get("TIDEMARK_BUILD", BIN.parent))
SEED = int(os.environ.get("TIDEMARK_SEED", "5"))


class OldFleet(Fleet):
    """A controller whose log was written by past_log before it starts."""

    def __init__(self, changes, years):
        self.changes, self.years = changes, years
        super().__init__("sqlite", edges=0)

    def _start_log(self):
        url = super()._start_log()
        begin = time.monotonic()
        done = subprocess.run(
            [BUILD / "tests/past_log", self.log_file, self.dataset, str(self.changes),
             str(self.years), str(SEED)], check=True, capture_output=True, text=True)
        self.planted = json.loads(done.stdout)
        self.planted["write_s"] = time.monotonic() - begin
        return url

    def offline(self, *more):
        return ("--log", self.log_url, "--dataset", self.dataset, *more)


class Pulse(threading.Thread):
    """Asks the controller how it is, all the while: does its loop stand still?"""

    def __init__(self, fleet):
        super().__init__(daemon=True)
        self.fleet, self.waits, self.over = fleet, [], False

    def run(self):
        while not self.over:
            begin = time.monotonic()
            try:
                request(self.fleet.api, "GET", "/v1/status", timeout=60)
                self.waits.append((time.monotonic() - begin) * 1000)
            except OSError:
                pass  # it has not begun
            time.sleep(0.005)

    def end(self):
        self.over = True
        self.join()
        return {"asked": len(self.waits), "p50_ms": statistics.median(self.waits),
                "max_ms": max(self.waits)}


def catch_up(fleet):
    """Starts the controller on an empty folder: seconds until it has folded, and indexed, all."""
    begin = time.monotonic()
    pulse = Pulse(fleet)
    fleet.controller.start()
    pulse.start()
    figures = {}

    def index_is_there():
        status = fleet.status()
        if status and status["version"]["seq"] == fleet.planted["seq"]:
            figures.setdefault("folded_s", time.monotonic() - begin)
        if "folded_s" not in figures:
            return False
        reply = fleet.call("GET", "/v1/versions")
        return reply.status == 200 and reply.json["index"]["seq"] == fleet.planted["seq"]

    wait_until(index_is_there, "the controller has folded and indexed the log",
               30 + fleet.changes / 1000, 0.05)
    figures["indexed_s"] = time.monotonic() - begin
    figures["loop"] = pulse.end()
    return figures


def questions(fleet, chosen):
    """What people ask, as (title, path below /v1 with parameters, command or None)."""
    zone = f"zone-{chosen.randrange(fleet.planted['zones'])}.example"
    name = f"host-{chosen.randrange(fleet.planted['names'])}.{zone}"
    first, last, seq = (fleet.planted[key] for key in ("first_ms", "last_ms", "seq"))
    when = text_of(chosen.randrange(first + (last - first) // 10, last))
    quoted = urllib.parse.quote
    early, late = sorted(chosen.sample(range(seq // 20, seq), 2))
    ticket = f"ticket {chosen.randrange(seq // 2)}:"
    year = 365 * 86_400_000
    begin = chosen.randrange(first, last - year) if last - year > first else first
    span = text_of(begin), text_of(begin + year)
    return [
        ("history NAME", f"history?name={name}", ("history", name)),
        ("history NAME TYPE", f"history?name={name}&type=A", ("history", name, "A")),
        ("history --zone", f"history?zone={zone}", ("history", "--zone", zone)),
        ("history --author", "history?author=author-7", ("history", "--author", "author-7")),
        ("history --author --since --until, of a year",
         f"history?author=author-9&since={quoted(span[0])}&until={quoted(span[1])}",
         ("history", "--author", "author-9", "--since", span[0], "--until", span[1])),
        ("history --text, one match of all", f"history?text={quoted(ticket)}",
         ("history", "--text", ticket)),
        ("blame ZONE", f"blame/{zone}?limit=100000", ("blame", zone)),
        ("diff of 1,000 versions", f"diff?from={late - min(late, 1000)}&to={late}",
         ("diff", str(late - min(late, 1000)), str(late), "--limit", "100")),
        ("diff of any two versions, first 100", f"diff?from={early}&to={late}&limit=100",
         ("diff", str(early), str(late), "--limit", "100")),
        ("diff of any two versions, one zone", f"diff?from={early}&to={late}&zone={zone}&limit=100",
         ("diff", str(early), str(late), "--zone", zone, "--limit", "100")),
        ("diff of a year, by time, first 100",
         f"diff?from={quoted(span[0])}&to={quoted(span[1])}&limit=100",
         ("diff", *span, "--limit", "100")),
        ("show NAME --at TIME", f"show?name={name}&at={quoted(when)}",
         ("show", name, "--at", when)),
        ("show ZONE --at TIME", f"show?zone={zone}&at={quoted(when)}",
         ("show", zone, "--at", when)),
        ("export ZONE --at TIME", None, ("export", zone, "--at", when)),
        ("why NAME A --at TIME", None, ("why", name, "A", "--at", when)),
        ("changes, the last 100", "changes?limit=100", None),
    ]


def timed(action, good):
    begin = time.monotonic()
    result = action()
    took = time.monotonic() - begin
    assert good(result), result
    return took


def ask_all(fleet, index, rounds):
    """title -> {"http_ms": [...], "online_s": [...], "offline_s": [...]}"""
    figures = {}
    chosen = random.Random(SEED)
    for _ in range(rounds):
        for title, path, command in questions(fleet, chosen):
            found = figures.setdefault(title, {"http_ms": [], "online_s": [], "offline_s": []})
            if path:
                # 404: the zone was not there at that time.
                found["http_ms"].append(1000 * timed(lambda: fleet.call("GET", f"/v1/{path}"),
                                                     lambda reply: reply.status in (200, 404)))
            if command:
                for key, where in (("online_s", ()), ("offline_s", ("--index", index))):
                    found[key].append(timed(lambda: fleet.cli(*command, *where, check=False),
                                            lambda done: done.returncode in (0, 1)))
    return figures


def bisect_planted(fleet, *more):
    """Seconds, checks and the version that was found."""
    check = '! grep -q planted "$TIDEMARK_ZONES_DIR/zone-0.example.zone"'
    begin = time.monotonic()
    done = subprocess.run(
        [BIN / "tidemark", "--api", f"http://127.0.0.1:{fleet.api}", "bisect", "--good",
         str(fleet.planted["zones"]), "--bad", "latest", "--check", check, "-o", "json", "--quiet",
         *more], check=True, capture_output=True, text=True, timeout=1800)
    said = json.loads(done.stdout)
    assert said["bad"] == fleet.planted["planted"], said
    assert [one["author"] for one in said["suspects"]] == ["mallory"], said
    return {"s": time.monotonic() - begin, "checks": said["steps"]}


def compare_pairs(fleet, pairs):
    """Random (name, time) pairs against the replay in Python; `held`: so many had records."""
    begin = time.monotonic()
    with subprocess.Popen([BIN / "tidemark", "log", "show", "changes", "-o", "json",
                           *fleet.offline()], stdout=subprocess.PIPE, text=True) as shown:
        reader = PastReader(shown.stdout)
    assert reader.seq == fleet.planted["seq"], (reader.seq, fleet.planted)
    replay_s = time.monotonic() - begin
    chosen = random.Random(SEED + 1)
    first, last = fleet.planted["first_ms"] - 1000, fleet.planted["last_ms"] + 1000
    held = 0
    for _ in range(pairs):
        zone = f"zone-{chosen.randrange(fleet.planted['zones'])}.example."
        name = chosen.choice([zone, f"planted.{zone}", f"none.{zone}", "elsewhere.example."]
                             if chosen.random() < 0.1
                             else [f"host-{chosen.randrange(fleet.planted['names'])}.{zone}"])
        ms = chosen.choice([chosen.randrange(first, last), chosen.choice(reader.times)])
        wanted = reader.show(name, reader.seq_at(ms))
        reply = fleet.call("GET", f"/v1/show?name={name}&at={text_of(ms)}")
        if wanted is None:
            assert reply.status == 404, (name, ms, reply)
            continue
        found = {one["type"]: comparable(one["type"], one["ttl"], one["rdata"])
                 for one in reply.json["rrsets"]}
        assert found == wanted, (name, text_of(ms), found, wanted)
        held += 1 if wanted else 0
    return {"pairs": pairs, "held": held, "replay_s": replay_s,
            "all_s": time.monotonic() - begin}
