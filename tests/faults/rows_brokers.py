"""Rows of brokers and connections."""

import json
import signal
import time

from fleet import wait_until

from rows import Skipped, need, rests, row, seconds, spend, timed
from stage import can_cut, rss_kib

VISIBLE_S = 10  # new changes are seen by then after a broker failed


def back(stage):
    stage.brokers_up()
    stage.leader()


@row("F1", "the leader is killed", "kill -9 of the broker that leads `changes`, 3 brokers, RF 3, "
     "min ISR 2", "no answer lost; new changes visible within 10 s", soak=True)
def f1(stage, random):
    leader, pause, begun = stage.leader(), rests(stage), time.monotonic()
    stage.signal_broker(leader, signal.SIGKILL)
    visible = stage.visible(begun)
    longest = pause()
    back(stage)
    need(visible <= VISIBLE_S, f"visible after {visible:.1f} s")
    return {"visible_s": visible, "pause_s": longest,
            "seen": f"a change made after the kill is served by all after {seconds(visible)}; "
                    f"longest pause {seconds(longest)}"}


@row("F1 follower", "a follower is killed", "kill -9 of a broker that follows", "as F1", soak=True)
def f1_follower(stage, random):
    leader, begun = stage.leader(), time.monotonic()
    pause = rests(stage)
    stage.signal_broker(next(one for one in stage.brokers() if one != leader), signal.SIGKILL)
    spend(6)  # its session ends in it
    visible, longest = stage.visible(begun), pause()
    back(stage)
    need(longest <= VISIBLE_S, f"no new version for {longest:.1f} s")
    return {"visible_s": visible, "pause_s": longest,
            "seen": f"longest pause without a new version {seconds(longest)}"}


@row("F1 frozen", "the leader freezes", "SIGSTOP of the leader for 15 s, then SIGCONT",
     "as F1: the worst case of a broker", soak=True)
def f1_frozen(stage, random):
    leader, pause, begun = stage.leader(), rests(stage), time.monotonic()
    stage.signal_broker(leader, signal.SIGSTOP)
    try:
        visible = stage.visible(begun)
        longest = pause()
        spend(max(0, 15 - (time.monotonic() - begun)))
    finally:
        stage.signal_broker(leader, signal.SIGCONT)
    stage.leader()
    need(visible <= VISIBLE_S, f"visible after {visible:.1f} s")
    return {"visible_s": visible, "pause_s": longest,
            "seen": f"served by all after {seconds(visible)}; longest pause {seconds(longest)}"}


@row("F2", "all brokers are down", "kill -9 of all three for 12 s, then started again",
     "every question answered, p99 as before, memory flat; catch-up without hands", soak=True)
def f2(stage, random):
    before = stage.checker.figures(time.monotonic() - 8, time.monotonic())
    sizes = [rss_kib(edge.child.pid) for edge in stage.edges]
    begun = time.monotonic()
    for broker in stage.brokers():
        stage.signal_broker(broker, signal.SIGKILL)
    spend(12)
    ended = time.monotonic()
    grown = max(rss_kib(edge.child.pid) - size for edge, size in zip(stage.edges, sizes))
    back(stage)
    ready = time.monotonic()
    visible = stage.visible(ready)
    during = stage.checker.figures(begun, ended - 4)
    need(during["lost"] == 0, f"{during['lost']} questions lost")
    need(grown < 16 * 1024, f"an edge grew by {grown} KiB")
    return {"visible_s": visible, "p99_before_ms": before["p99_ms"], "p99_ms": during["p99_ms"],
            "grown_kib": grown,
            "seen": f"0 of {during['asked']} questions lost; p99 of the worst second "
                    f"{during['p99_ms']:.1f} ms (before: {before['p99_ms']:.1f}); edges grew by "
                    f"{grown} KiB at most; new changes {seconds(visible)} after the brokers' "
                    f"return"}


@row("F3", "the leader moves, nobody dies", "reassignment and preferred election by Kafka's tools",
     "no gap, no duplicate; at most 2 s more lag")
def f3(stage, random):
    leader = stage.leader()
    others = [int(one[1:]) for one in stage.brokers() if one != leader]
    order = [random.choice(others)]
    order += [number for number in (1, 2, 3) if number not in order]
    plan = stage.folder / "plan.json"
    topic = f"{stage.dataset}.changes"
    plan.write_text(json.dumps({"version": 1, "partitions": [
        {"topic": topic, "partition": 0, "replicas": order}]}))
    stage.tool("org.apache.kafka.tools.reassign.ReassignPartitionsCommand",
               "--reassignment-json-file", plan, "--execute")
    pause, begun = rests(stage), time.monotonic()
    stage.tool("org.apache.kafka.tools.LeaderElectionCommand", "--election-type", "preferred",
               "--topic", topic, "--partition", "0")
    wait_until(lambda: stage.leader() == f"n{order[0]}", "the leader moved", 30, 0.1)
    visible, longest = stage.visible(begun), pause()
    need(longest <= 4, f"no new version for {longest:.1f} s")
    return {"visible_s": visible, "pause_s": longest,
            "seen": f"{leader} to n{order[0]}; longest pause without a new version "
                    f"{seconds(longest)}"}


@row("F4", "an edge is cut off", "firewall: both ways 8 s, only to the brokers 5 s, only from "
     "them 5 s, then five times on and off", "answers as ever; at the newest version within 5 s "
     "of healing", soak=True)
def f4(stage, random):
    if not can_cut():
        raise Skipped("needs root and nft")
    edge, took = random.choice(stage.edges), []
    for out, inward, lasting in ((True, True, 8), (True, False, 5), (False, True, 5)):
        stage.cut(edge, out, inward)
        spend(lasting)
        stage.heal(edge)
        took.append(caught_up(stage, edge))
    for _ in range(5):
        stage.cut(edge)
        spend(0.5)
        stage.heal(edge)
        spend(0.5)
    took.append(caught_up(stage, edge))
    need(max(took) <= 5, f"caught up after {max(took):.1f} s: {took}")
    return {"caught_up_s": took, "seen": "caught up after "
            + ", ".join(seconds(one) for one in took) + " (both ways, to, from, flapping)"}


def caught_up(stage, edge):
    wanted = stage.seq()
    return timed(lambda: stage.checker.newest(edge.node) >= wanted, "the edge has caught up", 60)


@row("F5", "a controller is cut off", "firewall between controller 1 and the brokers",
     "202 and no change lost: it is in the log after the healing", soak=True)
def f5(stage, random):
    if not can_cut():
        raise Skipped("needs root and nft")
    controller, api = stage.controllers[0], stage.apis[0]
    stage.cut(controller)
    try:
        address = f"10.5.{random.randrange(256)}.{random.randrange(1, 255)}"
        # A zone that nobody else writes meanwhile: the first in the log would win.
        reply = stage.call("PUT", "/v1/zones/still.test/rrsets/race/A",
                           {"ttl": 30, "rdata": [address]}, port=api)
        other = stage.call("PUT", "/v1/zones/two.test/rrsets/race/A",
                           {"ttl": 30, "rdata": [address]}, port=stage.apis[1])
    finally:
        stage.heal(controller)
    need(reply.status == 202, f"the one that was cut off said {reply}")
    need(other.status == 200, f"the other one said {other}")
    path = f"/v1/changes/{reply.json['change_id']}"
    healed = timed(lambda: stage.call("GET", path, port=api).json["state"] != "pending",
                   "the change is judged", 60)
    state = stage.call("GET", path, port=api).json["state"]
    need(state == "accepted", f"the change is {state}")
    need(healed <= 15, f"in the log only after {healed:.1f} s")
    return {"landed_s": healed, "seen": f"202 there, 200 at the other controller; judged accepted "
            f"{seconds(healed)} after the healing"}
