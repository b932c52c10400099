"""Rows of changes, controllers, health."""

import os
import signal
import struct
import subprocess
import threading
import time

from fleet import wait_until

from rows import Skipped, go_on, need, row, seconds, spend, timed

RACED = "/v1/zones/still.test/rrsets/race/A"


def topic(stage, name="changes"):
    return f"{stage.dataset}.{name}"


def kcat(stage, *arguments, **options):
    command = ["kcat", "-b", stage.log_url.removeprefix("kafka:"), *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, **options).stdout


def last_offset(stage):
    return max((stage.status(api) or {"offset": -1})["offset"] for api in stage.apis)


def octets_at(stage, offset, name="changes"):
    return kcat(stage, "-C", "-q", "-t", topic(stage, name), "-p", 0, "-o", offset, "-c", 1,
                "-D", "")


def append_octets(stage, values, name="changes"):
    """Puts raw values onto a topic, as they are."""
    paths = []
    for number, value in enumerate(values):
        path = stage.folder / f"raw{number}"
        path.write_bytes(value)
        paths.append(path)
    kcat(stage, "-P", "-t", topic(stage, name), "-p", 0, *paths)


def fates(stage, edge):
    version = stage.version_of(edge)
    return tuple(version.get(name) for name in ("accepted", "rejected", "undecodable", "seq"))


def behind(stage, offset):
    wait_until(lambda: all(stage.version_of(edge).get("offset", -1) >= offset
                           for edge in stage.edges), "every edge has folded them", 60)


@row("F12", "the log's head is cut away", "DeleteRecords of `changes` up to five records before "
                                          "its "
     "end", "nobody who is ahead notices; nothing is applied twice or left out")
def f12(stage, random):
    stage.read_log()
    states = [stage.version_of(edge)["state"] for edge in stage.edges]
    delete_records(stage, stage.history.next_offset - 5)
    begun = time.monotonic()
    visible = stage.visible(begun)
    stage.all_live()
    need(states == ["LIVE"] * len(states), f"before: {states}")
    return {"visible_s": visible, "seen": f"all stay LIVE; new changes after {seconds(visible)}"}


def delete_records(stage, offset):
    plan = stage.folder / "delete.json"
    plan.write_text('{"version": 1, "partitions": [{"topic": "%s", "partition": 0, "offset": %d}]}'
                    % (topic(stage), offset))
    stage.tool("org.apache.kafka.tools.DeleteRecordsCommand", "--offset-json-file", plan)


@row("F13", "offset out of range", "an edge is down while DeleteRecords passes its place",
     "serves its own file at once, takes a file of a controller, LIVE within 10 s")
def f13(stage, random):
    edge = random.choice(stage.edges)
    stage.kill_edge(edge)
    spend(3)
    reply = stage.call("POST", "/v1/snapshots")
    need(reply.status == 200, f"{reply}")
    files = stage.call("GET", "/v1/snapshots").json["snapshots"]
    stage.read_log()  # what goes away was read, and the file's own record stays
    delete_records(stage, min(stage.history.next_offset - 1, max(one["offset"] for one in files)))
    begun = time.monotonic()
    answers = stage.back(edge)
    wait_until(lambda: stage.version_of(edge).get("state") == "LIVE", "it is LIVE", 60)
    took = time.monotonic() - begun
    need(took <= 10, f"LIVE only after {took:.1f} s")
    return {"live_s": took, "seen": f"answers after {seconds(answers)}, LIVE from a controller's "
            f"file after {seconds(took)}"}


@row("F15", "duplicates and re-sends", "the newest 30 records of `changes` are appended again, "
                                       "twice, "
     "as they are", "hash and seq as in a clean run", soak=True)
def f15(stage, random):
    rest(stage)
    try:
        last, seq, version = last_offset(stage), stage.seq(), stage.same_version_everywhere()
        first = max(0, last - 29, log_start(stage))
        values = [octets_at(stage, offset) for offset in range(first, last + 1)]
        append_octets(stage, values + values)
        behind(stage, last + 2 * len(values))
        need(stage.seq() == seq, f"seq went from {seq} to {stage.seq()}")
        need(stage.same_version_everywhere() == version, "the state hash moved")
    finally:
        go_on(stage)
    return {"records": 2 * len(values), "seen": f"{2 * len(values)} records more, seq and state "
                                                f"hash "
            "as before on every edge"}


def log_start(stage):
    line = kcat(stage, "-Q", "-t", f"{topic(stage)}:0:-2").decode()
    return int(line.rsplit("offset", 1)[1])


def rest(stage):
    for writer in stage.writers:
        writer.resting.set()

    def quiet():
        seq = stage.seq()
        spend(0.3)
        return seq == stage.seq() and stage.same_version_everywhere() and all(
            stage.version_of(edge).get("seq") == seq for edge in stage.edges)
    wait_until(quiet, "nothing is under way", 60, 0.1)


def reader_of(octets):
    """min_reader, field 0 of the root table, if these octets can be read at all."""
    try:
        at = min_reader_at(octets)
        return struct.unpack_from("<H", octets, at)[0] if at else 1
    except struct.error:
        return 1


def min_reader_at(octets):
    """Where a ChangeSet says min_reader; 0: it does not."""
    table = struct.unpack_from("<I", octets)[0]
    vtable = table - struct.unpack_from("<i", octets, table)[0]
    if vtable < 0 or struct.unpack_from("<H", octets, vtable)[0] < 6:
        return 0
    field = struct.unpack_from("<H", octets, vtable + 4)[0]
    return table + field if field else 0


@row("F16", "malformed records", "40 records of random octets, cut and bit-flipped ChangeSets on "
     "`changes`", "skipped by all alike, no crash", soak=True)
def f16(stage, random):
    rest(stage)
    try:
        last = last_offset(stage)
        good = octets_at(stage, last)
        values = []
        for number in range(40):
            octets = bytearray(good)
            if number % 4 == 0:
                octets = bytearray(random.randbytes(random.randrange(1, 600)))
            elif number % 4 == 1:
                del octets[random.randrange(len(octets)):]
            else:
                flipped = bytes(octets)
                while flipped == octets or reader_of(flipped) > 1:  # that would halt all, rightly
                    flipped = bytearray(octets)
                    flipped[random.randrange(len(octets))] ^= 1 << random.randrange(8)
                octets = flipped
            # What still decodes would be judged, by the oracle too: its change_id is a twin's.
            values.append(bytes(octets) or b"\0")
        before = fates(stage, stage.edges[0])
        append_octets(stage, values)
        behind(stage, last + len(values))
        after = {fates(stage, edge) for edge in stage.edges}
        need(len(after) == 1, f"not alike: {after}")
        need(all(edge.running() for edge in stage.edges + stage.controllers), "a crash")
        skipped = next(iter(after))[2] - before[2]
    finally:
        go_on(stage)
    return {"skipped": skipped, "seen": f"{skipped} of 40 undecodable, the rest twins or rejected, "
            "on every edge alike; no crash"}


@row("F21", "split brain", "SIGSTOP of controller 1 with writes under way for 8 s while "
                           "controller 2 "
     "changes the same zone; then SIGCONT", "the one that slept loses by precondition; no update "
                                            "is "
     "lost", soak=True)
def f21(stage, random):
    first, second = stage.apis
    etag = stage.call("GET", "/v1/zones/still.test", port=first).headers["ETag"]
    stage.controllers[0].send(signal.SIGSTOP)
    try:
        address = f"10.21.{random.randrange(256)}.{random.randrange(1, 255)}"
        other = stage.call("PUT", RACED, {"ttl": 30, "rdata": [address]}, port=second)
        late = {}

        def sleeping():
            late["reply"] = stage.call("PUT", RACED, {"ttl": 30, "rdata": ["10.21.0.0"]},
                                       port=first, If_Match=etag)
        thread = threading.Thread(target=sleeping)
        thread.start()
        spend(8)
    finally:
        stage.controllers[0].send(signal.SIGCONT)
    thread.join(60)
    need(other.status == 200, f"the other one said {other}")
    need(late["reply"].status in (409, 412), f"the one that slept said {late['reply']}")
    value = stage.call("GET", RACED, port=second).json["rdata"]
    need(value == [address], f"{value} is not {address}")
    return {"seen": f"200 at the other, {late['reply'].status} at the one that slept; the update "
            "stands"}


def race(stage, rounds):
    """Two edits of one RRset at one moment, through two controllers, from one ETag."""
    outcomes, wins = {}, 0
    barrier = threading.Barrier(2)

    def put(place, port, etag, address, found):
        barrier.wait(10)
        found[place] = stage.call("PUT", RACED, {"ttl": 30, "rdata": [address]}, port=port,
                                  If_Match=etag).status
    for number in range(rounds):
        etags = set()

        def agreed():
            etags.clear()
            etags.update(stage.call("GET", "/v1/zones/still.test", port=port).headers["ETag"]
                         for port in stage.apis)
            return len(etags) == 1
        wait_until(agreed, "both controllers know one version of the zone")
        found, (etag,) = {}, etags
        threads = [threading.Thread(target=put, args=(
            place, port, etag, f"10.22.{place}.{number % 255}", found))
            for place, port in enumerate(stage.apis)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        statuses = tuple(sorted(found.values()))
        outcomes[statuses] = outcomes.get(statuses, 0) + 1
        wins += statuses.count(200)
        need(statuses[0] == 200 and statuses[1] in (409, 412), f"round {number}: {found}")
    return outcomes


@row("F22", "two edits of one RRset", "racing clients, one at each controller, from one ETag; "
     "TIDEMARK_RACES rounds (500)", "one 200, one 409 (or 412); no lost update", soak=True)
def f22(stage, random, rounds=None):
    rounds = rounds or int(os.environ.get("TIDEMARK_RACES", "500"))
    begun = time.monotonic()
    outcomes = race(stage, rounds)
    return {"rounds": rounds, "seen": f"{rounds} rounds in {seconds(time.monotonic() - begun)}: "
            + ", ".join(f"{statuses[0]} and {statuses[1]}: {count}"
                        for statuses, count in sorted(outcomes.items()))}


@row("F23", "mass delete by mistake", "a zone file with nothing but SOA and NS, a PATCH that "
                                      "deletes, "
     "a DELETE of a zone, with no count and with a wrong one", "403 with the exact count, nothing "
     "changed", soak=True)
def f23(stage, random):
    before = stage.call("GET", "/v1/zones/still.test").json
    empty = ("$ORIGIN still.test.\n$TTL 300\n@ SOA ns1.elsewhere.example. h.elsewhere.example. 1 "
             "7200 "
             "900 1209600 60\n@ NS ns1.elsewhere.example.\n")
    sets = [(one["name"], one["type"]) for one in before["rrsets"]
            if one["type"] not in ("SOA", "NS")]
    edits = {"edits": [{"op": "delete", "name": name, "type": kind} for name, kind in sets]}
    named = []
    for query in ("", "?acknowledge_removals=1"):
        for reply in (stage.call("PUT", "/v1/zones/still.test" + query, empty,
                                 Content_Type="text/dns"),
                      stage.call("PATCH", "/v1/zones/still.test" + query, edits),
                      stage.call("DELETE", "/v1/zones/still.test" + query)):
            need(reply.status == 403 and reply.json["error"]["code"] == "guard", f"{reply}")
            named.append(reply.json["error"].get("acknowledge_removals"))
    after = stage.call("GET", "/v1/zones/still.test").json
    need(after["rrsets"] == before["rrsets"], "the zone changed")
    need(None not in named, f"no exact count: {named}")
    return {"seen": f"6 of 6 refused with 403, exact counts {sorted(set(named))}; nothing changed"}


def addresses(edge):
    return edge.texts("app.one.test.", "A")


@row("F25", "all probers are dead", "an endpoint goes down, then kill -9 of the only prober, "
                                    "then the "
     "endpoint comes back; 9 s (stale after 5 s of log time)", "verdicts freeze: the log's clock "
     "stands still", soak=True)
def f25(stage, random):
    victim = stage.backends[2]
    victim.stop()
    try:
        for edge in stage.edges:
            wait_until(lambda: addresses(edge) == ["127.0.0.2", "127.0.0.3"],
                       "the endpoint is left out", 30)
        stage.prober.stop(signal.SIGKILL)
        victim.start()
        end = time.monotonic() + 9
        while time.monotonic() < end:
            for edge in stage.edges:
                need(addresses(edge) in (["127.0.0.2", "127.0.0.3"], None), f"{addresses(edge)}")
            spend(0.2)
    finally:
        if victim.server is None:
            victim.start()
        if not stage.prober.running():
            stage.prober.start()
    took = timed(lambda: all(addresses(edge) == ["127.0.0.2", "127.0.0.3", "127.0.0.4"]
                             for edge in stage.edges), "the endpoint is answered again", 60)
    return {"seen": f"two of three for 9 s without a prober; all three {seconds(took)} after the "
            "prober's start", "again_s": took}


@row("F24", "a flap storm", "40,000 HealthFrames of one prober, all up and one down by turns, as "
                            "fast "
     "as kcat appends them", "changes go on, publications stay bounded, no pool ever empty")
def f24(stage, random):
    def newest():
        line = kcat(stage, "-Q", "-t", f"{topic(stage, 'health')}:0:-1").decode()
        return int(line.rsplit("offset", 1)[1]) - 1
    up = octets_at(stage, newest(), "health")
    stage.backends[1].stop()
    wait_until(lambda: addresses(stage.edges[0]) == ["127.0.0.2", "127.0.0.4"], "one is down", 30)
    spend(1.2)
    down = octets_at(stage, newest(), "health")
    stage.backends[1].start()
    mark = b"<tidemark-next>"
    if mark in up or mark in down:
        raise Skipped("the mark is in the frames")
    count = 40_000
    before = [published(edge) for edge in stage.edges]
    begun = time.monotonic()
    kcat(stage, "-P", "-t", topic(stage, "health"), "-p", 0, "-k", "probe1", "-D", mark.decode(),
         input=mark.join([up, down] * (count // 2)))
    sent = time.monotonic() - begun
    visible = stage.visible(begun)
    behind_end = newest()
    wait_until(lambda: all(stage.version_of(edge).get("health_position", -1) >= behind_end
                           for edge in stage.edges), "the storm is folded", 60)
    folded = time.monotonic() - begun
    publications = max(published(edge) - was for edge, was in zip(stage.edges, before))
    figures = stage.checker.figures(begun, begun + folded)
    wait_until(lambda: all(addresses(edge) == ["127.0.0.2", "127.0.0.3", "127.0.0.4"]
                           for edge in stage.edges), "health is what it is", 30)
    need(figures["lost"] == 0, f"{figures['lost']} questions lost")
    need(publications < count / 10, f"{publications} publications")
    need(visible <= 5, f"a change took {visible:.1f} s")
    return {"visible_s": visible, "publications": publications,
            "seen": f"{count / sent:,.0f} frames/s sent, folded {seconds(folded)} after the "
                    f"first; a "
                    f"change was visible after {seconds(visible)}; {publications} publications an "
                    f"edge at most, p99 of questions {figures['p99_ms']:.1f} ms"}


def published(edge):
    line = next(one for one in edge.metrics().splitlines()
                if one.startswith("tidemark_publications_total "))
    return int(float(line.split()[1]))
