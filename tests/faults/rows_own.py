"""Rows that destroy their log or need another fleet: each makes its own."""

import os
import pathlib
import shutil
import signal
import struct
import subprocess
import sys
import time

from fleet import BIN, ROOT, run_kafka, wait_until

from checker import Verdict, account
from oracle import History
from rows import Skipped, go_on, need, row, seconds, spend, timed
from rows_changes import append_octets, last_offset, min_reader_at, octets_at, rest, topic
from stage import Stage


def verdict_of(stage):
    """The judgement where the log itself is gone: the history was read before."""
    for writer in stage.writers:
        writer.stop()
    verdict = Verdict(stage.checker.finish(), stage.checker.questions, stage.history)
    counts = {**verdict.counts(), "queries_lost": verdict.totals["lost"]}
    need(counts["wrong"] + counts["mixed"] + counts["regressed"] + counts["two_hashes"] == 0,
         f"{counts} {verdict.bad[:3]} {verdict.regressed[:3]}")
    need(counts["queries_lost"] == 0, f"{counts['queries_lost']} questions lost")
    return counts


def told(counts):
    return f"{counts['checked']:,} answers checked, 0 wrong, 0 lost"


@row("F12 end", "the log loses its end", "one broker: killed, its data of before put back, started",
     "noticed before anything is applied; what was lost is sent again; nothing is given up",
     where="own")
def f12_end(random):
    with Stage("kafka") as stage:
        for writer in stage.writers:
            writer.resting.set()
        rest(stage)
        run_kafka("down", "--keep", "--dir", str(stage.kafka_folder))
        copy = stage.folder / "copy"
        shutil.copytree(stage.kafka_folder / "n1/data", copy)
        run_kafka("up", "--dir", str(stage.kafka_folder))
        stage.all_live(90)
        held = last_offset(stage)
        writer = stage.writers[0]
        more = writer.count + 15
        writer.resting.clear()
        wait_until(lambda: writer.count >= more, "writes behind the copy")
        rest(stage)
        stage.read_log()
        version, lost = stage.same_version_everywhere(), last_offset(stage) - held
        stage.signal_broker("n1", signal.SIGKILL)
        shutil.rmtree(stage.kafka_folder / "n1/data")
        shutil.copytree(copy, stage.kafka_folder / "n1/data")
        begun = time.monotonic()
        run_kafka("up", "--dir", str(stage.kafka_folder))
        wait_until(lambda: any("lost its end" in one.log.read_text() for one in stage.controllers),
                   "a controller noticed", 90)
        stage.all_live(90)
        took = time.monotonic() - begun
        need(stage.same_version_everywhere() == version, "another version than before")
        go_on(stage)
        visible = stage.visible(time.monotonic())
        rest(stage)
        stage.read_log()
        counts = verdict_of(stage)
        kept = account(stage.writers, stage.history)
        need(kept["lost"] == 0, f"{kept}")
        return {"healed_s": took, **counts, "seen": f"{lost} records were lost and sent again, all "
                f"LIVE at the same version {seconds(took)} after the broker's start; new changes "
                f"{seconds(visible)}; {told(counts)}"}


@row("F14", "the topic is made anew", "`changes` is deleted and created with the same name; "
     "controllers have --refill-after 10", "nothing of it is applied, DIVERGED and said so, "
                                           "serving "
     "goes on; then filled again by a controller, and everybody goes on from there", where="own")
def f14(random):
    with Stage("kafka", arguments=["--refill-after", "10"]) as stage:
        rest(stage)
        stage.read_log()
        version = stage.same_version_everywhere()
        stage.tool("org.apache.kafka.tools.TopicCommand", "--delete", "--topic", topic(stage))
        begun = time.monotonic()
        stage.tool("org.apache.kafka.tools.TopicCommand", "--create", "--topic", topic(stage),
                   "--partitions", 1, "--config", "message.timestamp.type=LogAppendTime")
        wait_until(lambda: all(stage.version_of(edge).get("state") == "DIVERGED"
                               for edge in stage.edges), "all edges are DIVERGED", 60)
        took = time.monotonic() - begun
        need(stage.same_version_everywhere() == version, "another version is served")
        stage.all_live(120)
        filled = time.monotonic() - begun
        go_on(stage)
        visible = stage.visible(time.monotonic(), 90)
        rest(stage)
        before, stage.history = stage.history, History()
        stage.history.before = before
        stage.read_log()
        counts = verdict_of(stage)
        kept = account(stage.writers, stage.history)
        need(kept["lost"] == 0, f"{kept}")
        return {"diverged_s": took, "filled_s": filled, **counts, "seen": f"all DIVERGED "
                f"{seconds(took)} after the new topic, the version of before is served; filled "
                f"again, all LIVE after {seconds(filled)}; new changes {seconds(visible)}; "
                f"{told(counts)}"}


@row("F27", "a record of a newer Tidemark", "a ChangeSet with min_reader 99 is appended",
     "HALTED and said so; serving goes on", where="own")
def f27(random):
    with Stage("kafka") as stage:
        rest(stage)
        stage.read_log()
        # A change of min_reader 2: so the field is there.
        reply = stage.call("POST", "/v1/cookies", {"action": "add"})
        need(reply.status == 200, f"{reply}")
        rest(stage)
        stage.read_log()
        version, last = stage.same_version_everywhere(), last_offset(stage)
        append_octets(stage, [newer(octets_at(stage, last))])
        took = timed(lambda: all(stage.version_of(edge).get("state") == "HALTED"
                                 for edge in stage.edges), "all edges are HALTED", 60)
        spend(4)
        need(stage.same_version_everywhere() == version, "another version is served")
        edge = stage.edges[0]
        stage.kill_edge(edge)
        again = stage.back(edge)
        reply = stage.call("PUT", "/v1/zones/still.test/rrsets/race/A",
                           {"ttl": 30, "rdata": ["10.27.0.1"]})
        need(reply.status in (202, 503), f"the controller said {reply}")
        counts = verdict_of(stage)
        return {"halted_s": took, **counts, "seen": f"all HALTED after {seconds(took)}; one that "
                                                    f"was "
                f"killed answers {seconds(again)} after its start; a controller says "
                f"{reply.status}; {told(counts)}. Not shown: a newer build beside it (there is "
                f"none)"}


def newer(octets):
    """The same FlatBuffer with min_reader, field 0 of the root table, at 99."""
    at = min_reader_at(octets)
    if at == 0:
        raise Skipped("the record does not hold min_reader")
    changed = bytearray(octets)
    struct.pack_into("<H", changed, at, 99)
    return bytes(changed)


def herd(count, pause_s, random):
    """`count` edges as processes, one worker each, on one broker."""
    stage = Stage("kafka", edges=count, rate=8, worlds=False, pause_s=pause_s)
    for edge in stage.edges:
        edge.arguments[edge.arguments.index("--workers") + 1] = "1"
    return stage


@row("F37", "many edges restart together", "20 edges, kill -9 of all at once, all started at once",
     "no overload: all answer and follow within 60 s", where="own")
def f37(random):
    return many(20, random)


@row("50 edges", "50 edges on one machine", "50 edge processes: 30 changes timed edge by edge; "
                                            "then "
     "kill -9 of all at once, all started at once", "a change reaches all; all healed within 60 s",
     where="own")
def fifty(random):
    return many(50, random)


def many(count, random):
    with herd(count, 0.5, random) as stage:
        wait_until(lambda: len(stage.writers[0].told) >= 30, "30 changes", 60)
        spread = spreads(stage, stage.writers[0].told[-30:])
        for edge in stage.edges:
            stage.checker.down(edge)
        for edge in stage.edges:
            edge.stop(signal.SIGKILL)
        begun = time.monotonic()
        for edge in stage.edges:
            stage.start_edge(edge)
        answering = []
        for edge in stage.edges:
            stage.wait_serving(edge, 90)
            stage.checker.up(edge)
        answering = time.monotonic() - begun
        stage.all_live(90)
        visible = stage.visible(begun, 90)
        healed = max(time.monotonic() - begun, visible)
        _, counts = stage.conclude()
        need(counts["wrong"] + counts["mixed"] + counts["regressed"] + counts["lost"] == 0,
             f"{counts}")
        need(healed <= 60, f"healed only after {healed:.0f} s")
        return {"healed_s": healed, "spread_s": spread, **counts,
                "seen": f"{count} edges: a change is seen by the first after "
                        f"{seconds(spread[0])}, by "
                        f"half {seconds(spread[1])}, by all {seconds(spread[2])} (medians of 30, "
                        f"worst of all {seconds(spread[3])}; each edge is asked 8 times a second, "
                        f"so up to 125 ms of it is the asking); after the restart all answer in "
                        f"{seconds(answering)}, all LIVE and at new changes in {seconds(healed)}; "
                        f"{counts['checked']:,} answers checked, 0 wrong"}


def spreads(stage, entries):
    first, half, last = [], [], []
    for entry in entries:
        if entry["status"] != 200:
            continue
        seq = stage._seq_of(stage.writers[0].port, entry)
        seen = [stage.checker.seen_at(edge.node, seq) for edge in stage.edges]
        seen = sorted(one - entry["sent"] for one in seen if one is not None)
        if len(seen) == len(stage.edges):
            first.append(seen[0])
            half.append(seen[len(seen) // 2])
            last.append(seen[-1])
    need(len(last) >= 10, f"only {len(last)} changes were seen by all")
    middle = len(first) // 2
    return [sorted(first)[middle], sorted(half)[middle], sorted(last)[middle], max(last)]


def drill(script, *tests, **environment):
    """A drill that is an integration test of its own; gives the seconds and its last line."""
    begun = time.monotonic()
    done = subprocess.run([sys.executable, str(ROOT / "tests/integration" / script), *tests],
                          capture_output=True, text=True, timeout=900,
                          env={**os.environ, "TIDEMARK_BIN": str(BIN), **environment})
    need(done.returncode == 0, done.stdout[-600:] + done.stderr[-1500:])
    return time.monotonic() - begun


@row("F26", "one node's fold is corrupted", "a planted difference in an edge's snapshot file: "
     "`tests/integration/heal_test.py`", "found by hash within 30 s, located, rebuilt", where="own")
def f26(random):
    planter = os.environ.get("TIDEMARK_PLANTER", str(BIN.parent / "tests/plant_difference"))
    if not pathlib.Path(planter).exists():
        raise Skipped(f"{planter} is not built")
    took = drill("heal_test.py", TIDEMARK_PLANTER=planter)
    return {"seen": f"the drill passes in {seconds(took)}"}


@row("F28", "a change that crashes the process later", "the ring drill, the edge of the first "
                                                       "ring is "
     "killed 20 s after the activation: `tests/integration/rings_test.py`", "stops at the first "
     "ring, "
     "reverted, others never serve it", where="own")
def f28(random):
    took = drill("rings_test.py", "Rings", TIDEMARK_CRASH_S="20")
    return {"seen": f"the drill passes in {seconds(took)}"}
