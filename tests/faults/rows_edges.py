"""Rows of edges: disks, files, crashes, clocks, limits, starts."""

import os
import re
import resource
import signal
import socket
import subprocess
import time

from fleet import BIN, free_port, request, wait_until

from rows import (P99_SLACK_MS, Skipped, go_on, need, rested, rests, row, seconds, spend,
                  timed)
from stage import DISK_BROKEN, DISK_FULL, DISK_SLOW, ROOT_RIGHTS, World

START_S = 2.0  # what a start from an own file may take (quiet machine); rows allow three times it


def files_of(stage, edge):
    return sorted(edge.state.glob("snapshot-*.tmsnap"))


def complaints(edge):
    """How often it said that it cannot save."""
    return edge.log.read_text().count(" error snapshot file: ")


def need_worlds(stage):
    if not stage.worlds:
        raise Skipped(f"{World.library} is not built")


@row("F6", "slow disks", "every write and fsync of files of all edges takes 300 ms for 15 s",
     "p99 as before", soak=True)
def f6(stage, random):
    need_worlds(stage)
    before = stage.checker.figures(time.monotonic() - 8, time.monotonic())
    pause, begun = rests(stage), time.monotonic()
    for edge in stage.edges:
        stage.world[edge.node].set(disk=DISK_SLOW, slow_ms=300)
    spend(15)
    ended = time.monotonic()
    for edge in stage.edges:
        stage.world[edge.node].set()
    longest = pause()
    during = stage.checker.figures(begun, ended - 4)
    need(during["lost"] == 0, f"{during['lost']} questions lost")
    need(during["p99_ms"] <= max(before["p99_ms"] * 3, P99_SLACK_MS),
         f"p99 {during['p99_ms']} ms, before {before['p99_ms']} ms")
    return {"p99_before_ms": before["p99_ms"], "p99_ms": during["p99_ms"], "pause_s": longest,
            "seen": f"p99 of the worst second {during['p99_ms']:.1f} ms (before: "
                    f"{before['p99_ms']:.1f}), median {during['p50_ms']:.2f} ms; longest pause "
                    f"without a new version {seconds(longest)}"}


@row("F7", "the disk is full", "the state folder on a tmpfs of 1 MiB, filled to the last octet",
     "serves on and follows; no file is cut in place; saves again without a restart")
def f7(stage, random):
    if not ROOT_RIGHTS:
        raise Skipped("needs root")
    edge = stage.edges[2]
    rested(stage, [edge])
    stage.kill_edge(edge, signal.SIGTERM)
    folder = edge.state
    kept = [(path.name, path.read_bytes()) for path in folder.iterdir() if path.is_file()]
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size=1m,mode=0755,uid={edge.user}", "tmpfs",
                       str(folder)], capture_output=True).returncode != 0:
        stage.back(edge)
        raise Skipped("cannot mount a tmpfs here")
    stage.mounts.append(folder)
    for name, octets in kept:
        (folder / name).write_bytes(octets)
        os.chown(folder / name, edge.user, edge.user)
    stage.back(edge)
    wait_until(lambda: stage.version_of(edge).get("state") == "LIVE", "it is LIVE")
    ballast = folder / "ballast"
    with open(ballast, "wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass
    begun = time.monotonic()
    said = complaints(edge)
    go_on(stage)
    wait_until(lambda: complaints(edge) > said,
               "it says that it cannot save", 60, 0.1)
    wanted = stage.seq()
    wait_until(lambda: stage.checker.newest(edge.node) >= wanted, "it follows all the same")
    stage.kill_edge(edge)  # on the full disk it starts from the last good file
    took = stage.back(edge)
    file_seq = stage.version_of(edge).get("snapshot_file_seq", -1)
    ballast.unlink()
    healed = timed(lambda: stage.version_of(edge).get("snapshot_file_seq", -1) > file_seq,
                   "it saves again", 60, 0.1)
    figures = stage.checker.figures(begun, time.monotonic())
    need(figures["lost"] == 0, f"{figures['lost']} questions lost")
    return {"start_s": took, "saves_again_s": healed,
            "seen": f"said so, followed on; killed and started on the full disk: answers after "
                    f"{seconds(took)}; saved again {seconds(healed)} after there was room"}


def broken_disk(stage, random, fault):
    need_worlds(stage)
    edge = random.choice(stage.edges)
    rested(stage, [edge])
    kept = {path.name: path.read_bytes() for path in files_of(stage, edge)}
    said = complaints(edge)
    file_seq = stage.version_of(edge)["snapshot_file_seq"]
    stage.world[edge.node].set(disk=fault)
    try:
        go_on(stage)
        wait_until(lambda: complaints(edge) > said,
                   "it says that it cannot save", 60, 0.1)
        for path in files_of(stage, edge):
            need(kept.get(path.name) == path.read_bytes(), f"{path.name} is not what it was")
        wanted = stage.seq()
        wait_until(lambda: stage.checker.newest(edge.node) >= wanted, "it follows all the same")
    finally:
        stage.world[edge.node].set()
    healed = timed(lambda: stage.version_of(edge).get("snapshot_file_seq", -1) > file_seq,
                   "it saves again", 60, 0.1)
    return {"saves_again_s": healed,
            "seen": f"said so, followed on, every file as it was; saved again {seconds(healed)} "
                    "after the fault's end"}


@row("F7 calls", "no space left", "every write of one edge's files fails with ENOSPC", "as F7",
     soak=True)
def f7_calls(stage, random):
    return broken_disk(stage, random, DISK_FULL)


@row("F8", "writes and fsync fail", "every write and fsync of one edge's files fails with EIO",
     "the file is given up, those before stay whole; saves again by itself", soak=True)
def f8(stage, random):
    return broken_disk(stage, random, DISK_BROKEN)


def spoil(random, path):
    """One fault of a file; gives its name."""
    octets = bytearray(path.read_bytes())
    kind = random.choice(["a bit flipped", "cut", "longer", "empty", "all zeros"])
    if kind == "a bit flipped":
        octets[random.randrange(len(octets))] ^= 1 << random.randrange(8)
    elif kind == "cut":
        del octets[random.randrange(1, len(octets)):]
    elif kind == "longer":
        octets += os.urandom(random.randrange(1, 200))
    else:
        octets[:] = b"" if kind == "empty" else bytes(len(octets))
    path.write_bytes(bytes(octets))
    return kind


@row("F9", "spoilt files", "an edge is ended; its newest file is flipped, cut, extended, emptied "
     "or overwritten; started again; eight times", "never taken; the next one is; start within 2 s "
     "more", soak=True)
def f9(stage, random):
    edge, took, kinds = random.choice(stage.edges), [], []
    for _ in range(8):
        stage.kill_edge(edge)
        newest = files_of(stage, edge)[-1]
        kinds.append(spoil(random, newest))
        said = edge.log.read_text().count(newest.name)
        took.append(stage.back(edge))
        need(edge.log.read_text().count(newest.name) > said, f"nothing is said of {newest.name}")
        need(newest.name not in restored(edge), f"{newest.name} was taken ({kinds[-1]})")
        wanted = stage.seq()
        wait_until(lambda: stage.checker.newest(edge.node) >= wanted, "it has caught up")
    need(max(took) <= 3 * START_S, f"a start took {max(took):.1f} s")
    return {"start_s": took, "seen": f"{len(kinds)} spoilt files "
                                     f"({', '.join(sorted(set(kinds)))}): "
            f"0 taken; answers after {seconds(max(took))} at most"}


def restored(edge):
    """The file that the last start took its state from."""
    lines = [line for line in edge.log.read_text().splitlines() if "restored version" in line]
    return lines[-1] if lines else ""


@row("F10", "power cuts", "kill -9 of an edge at a random moment under writes, ten times",
     "at least the version of the last file that it had finished", soak=True)
def f10(stage, random):
    took, stepped = [], []
    for _ in range(10):
        edge = random.choice(stage.edges)
        spend(random.uniform(0.1, 1.3))
        durable = stage.version_of(edge).get("snapshot_file_seq", -1)
        stage.kill_edge(edge)
        took.append(stage.back(edge))
        found = re.search(r"restored version (\d+)", restored(edge))
        need(found is not None, "it did not start from a file")
        need(int(found[1]) >= durable, f"started from {found[1]}, {durable} was on disk")
        stepped.append(stage.seq() - int(found[1]))
        wanted = stage.seq()
        wait_until(lambda: stage.checker.newest(edge.node) >= wanted, "it has caught up")
    need(max(took) <= 3 * START_S, f"a start took {max(took):.1f} s")
    return {"start_s": took, "seen": f"10 of 10 started from the last finished file; answers after "
            f"{seconds(sorted(took)[5])} in the median, {seconds(max(took))} at most"}


@row("F10 controller", "a controller is killed", "kill -9 of a controller under writes, three "
     "times, and of both at once", "no accepted change lost; writes go on", soak=True)
def f10_controller(stage, random):
    took = []
    for group in (stage.controllers[:1], stage.controllers[1:2], stage.controllers[:1],
                  stage.controllers[:2]):
        for controller in group:
            controller.stop(signal.SIGKILL)
        spend(0.3)
        begun = time.monotonic()
        for controller in group:
            controller.start()
        took.append(stage.visible(begun))
    return {"visible_s": max(took), "seen": "a new change was served by all "
            f"{seconds(max(took))} after the restart at most"}


@row("F20", "clocks jump", "one edge 1 h ahead, one 20 years back, one 20 years ahead (beyond "
                           "2038), "
     "controller 1 a day back, for 8 s", "order and answers unchanged; changes go on", soak=True)
def f20(stage, random):
    need_worlds(stage)
    year = 31_557_600
    pause, begun = rests(stage), time.monotonic()
    shifts = [3600, -20 * year, 20 * year]
    random.shuffle(shifts)
    for edge, shift in zip(stage.edges, shifts):
        stage.world[edge.node].set(clock_s=shift)
    stage.world["controller1"].set(clock_s=-86400)
    try:
        spend(8)
        visible = stage.visible(begun)
        longest = pause()
    finally:
        for edge in stage.edges:
            stage.world[edge.node].set()
        stage.world["controller1"].set()
    back = stage.visible(time.monotonic())
    need(longest <= 5, f"no new version for {longest:.1f} s")
    return {"visible_s": visible, "pause_s": longest,
            "seen": f"changes went on: longest pause {seconds(longest)}; after the clocks' return "
                    f"{seconds(back)}"}


@row("F30", "descriptors run out", "an edge with 64 descriptors and 300 TCP connections that stay",
     "UDP unaffected, no spin, no exit, follows on")
def f30(stage, random):
    edge = stage.edges[1]
    stage.kill_edge(edge, signal.SIGTERM)
    edge.launch["preexec_fn"] = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    held = []
    try:
        stage.back(edge)
        begun = time.monotonic()
        used = cpu_s(edge)
        for _ in range(300):
            client = socket.socket()
            client.settimeout(0.2)
            try:
                client.connect(("127.0.0.1", edge.dns))
            except OSError:
                client.close()
                continue
            held.append(client)
        wanted = stage.seq()
        wait_until(lambda: stage.checker.newest(edge.node) >= wanted, "it follows", 60)
        spend(5)
        lasted = time.monotonic() - begun
        share = (cpu_s(edge) - used) / lasted
        figures = stage.checker.figures(begun, time.monotonic() - 4)
    finally:
        for client in held:
            client.close()
    tcp = timed(lambda: edge.query("www.still.test", tcp=True) is not None, "TCP is back", 30)
    del edge.launch["preexec_fn"]
    stage.kill_edge(edge, signal.SIGTERM)
    stage.back(edge)
    need(figures["lost"] == 0, f"{figures['lost']} UDP questions lost")
    need(share < 0.6, f"it used {share:.2f} of a core")
    return {"cpu_share": share, "seen": f"{len(held)} connections held; 0 UDP questions lost, "
            f"{share:.2f} of a core, followed on; TCP back {seconds(tcp)} after they closed"}


def cpu_s(process):
    words = open(f"/proc/{process.child.pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


@row("F34", "errors in the settings", "twelve broken settings at the start of an edge and of a "
     "controller", "each ends at once with a sentence that names it; nothing else changes")
def f34(stage, random):
    folder = stage.folder / "settings"
    folder.mkdir(exist_ok=True)
    base = {"log": stage.log_url, "dataset": stage.dataset, "state_dir": str(folder / "state")}
    faults = [("tidemark-edge", {"liten": "127.0.0.1:0"}, "liten"),
              ("tidemark-edge", {"workers": "many"}, "workers"),
              ("tidemark-edge", {"listen": "[]"}, "listen"),
              ("tidemark-edge", {"listen": "127.0.0.1"}, "listen"),
              ("tidemark-edge", {"log": '"kafka:"'}, "log"),
              ("tidemark-edge", {"log": '"mysql:x"'}, "log"),
              ("tidemark-edge", {"dataset": '""'}, "dataset"),
              ("tidemark-edge", {"rate_limit": "{mode: sometimes}"}, "mode"),
              ("tidemark-edge", {"sandbox": "maybe"}, "sandbox"),
              ("tidemark-controller", {"apy": "127.0.0.1:0"}, "apy"),
              ("tidemark-controller", {"api": "nowhere"}, "api"),
              ("tidemark-controller", {"rings": "[{name: a, soak: soon}]"}, "soak")]
    before = [stage.version_of(edge).get("state") for edge in stage.edges]
    slow = 0.0
    for number, (program, fault, word) in enumerate(faults):
        words = {**base, "api" if "controller" in program else "listen": "127.0.0.1:0"}
        words.update(admin="127.0.0.1:0") if "edge" in program else words.update(name="odd")
        words.update(fault)
        path = folder / f"{number}.yaml"
        path.write_text("".join(f"{key}: {value}\n" for key, value in words.items()))
        begun = time.monotonic()
        try:
            done = subprocess.run([BIN / program, "--config", path], capture_output=True,
                                  text=True, timeout=10)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{program} runs with {fault}") from None
        slow = max(slow, time.monotonic() - begun)
        said = done.stdout + done.stderr
        need(done.returncode > 0, f"{program} with {fault}: exit code {done.returncode}: {said}")
        need(word in said, f"{program} with {fault} does not name it: {said[-400:]}")
    need([stage.version_of(edge).get("state") for edge in stage.edges] == before, "a state changed")
    return {"faults": len(faults), "seen": f"{len(faults)} of {len(faults)} ended with a sentence "
            f"that names the word, within {seconds(slow)}"}


def lone_edge(stage, name, log):
    """An edge of the stage that nobody asks but the row."""
    edge = stage.make_edge(name, workers=1)
    edge.arguments[edge.arguments.index("--log") + 1] = log
    stage.others.append(edge)
    return edge


def nowhere():
    return f"kafka:127.0.0.1:{free_port()}"


@row("F35", "cold start with an own file, nothing reachable", "an edge's log is a port where "
    "nobody "
     "listens", "right answers within 2 s", soak=True)
def f35(stage, random):
    edge = random.choice(stage.edges)
    rested(stage, [edge])
    seq = stage.version_of(edge)["seq"]
    stage.kill_edge(edge)
    at = edge.arguments.index("--log") + 1
    url, edge.arguments[at] = edge.arguments[at], nowhere()
    try:
        took = stage.back(edge)
        go_on(stage)
        spend(4)
        version = stage.version_of(edge)
        need(version.get("seq") == seq, f"serves {version.get('seq')}, its file held {seq}")
        state = version.get("state")
    finally:
        stage.kill_edge(edge)
        edge.arguments[at] = url
    stage.back(edge)
    need(took <= 3 * START_S, f"answers only after {took:.1f} s")
    return {"start_s": took, "seen": f"answers from its file (version {seq}, state {state}) after "
            f"{seconds(took)}"}


@row("F36", "cold start with nothing at all", "an empty state folder and a log that nobody serves",
     "no DNS socket, not ready, says what it waits for")
def f36(stage, random):
    edge = lone_edge(stage, "empty", nowhere())
    stage.start_edge(edge)
    wait_until(lambda: stage.version_of(edge) or edge.log.read_text().count("\n") > 3,
               "its admin listener answers")
    warned = wait_until(lambda: [line.split(" ", 2)[2] for line in
                                 edge.log.read_text().splitlines() if " warning " in line],
                        "it says what it waits for", 40, 0.1)
    ready = request(edge.admin, "GET", "/readyz", timeout=5).status
    live = request(edge.admin, "GET", "/livez", timeout=5).status
    with socket.socket() as probe:
        open_tcp = probe.connect_ex(("127.0.0.1", edge.dns)) == 0
    answered = edge.query("www.still.test", timeout=0.5) is not None
    code = edge.stop()
    need(not open_tcp and not answered, "it took questions")
    need(ready == 503 and live == 200, f"/readyz {ready}, /livez {live}")
    return {"seen": f"no socket, /readyz {ready}, /livez {live}; says \"{warned[0][:160]}\"; "
            f"exit code on SIGTERM {code}"}


@row("F38", "rolling upgrade under load", "each edge in turn: a second process with an own folder "
     "takes the same port beside it, then the old one gets SIGTERM (same build: there is no older "
     "one)", "0 questions lost beyond a quiet run, 0 divergence")
def f38(stage, random):
    begun = time.monotonic()
    quiet = stage.checker.figures(begun - 12, begun - 4)
    for edge in stage.edges:
        old, admin = edge.child, free_port()
        edge.state = stage.folder / f"{edge.node}.{stage.starts[edge.node] + 1}"
        edge.state.mkdir()
        if hasattr(edge, "user"):
            os.chown(edge.state, edge.user, edge.user)
        edge.arguments[edge.arguments.index(f"127.0.0.1:{edge.admin}")] = f"127.0.0.1:{admin}"
        edge.arguments[edge.arguments.index("--state-dir") + 1] = str(edge.state)
        edge.admin = admin
        if "--take-over" not in edge.arguments:
            edge.arguments.append("--take-over")
        stage.start_edge(edge)
        try:
            wait_until(lambda: stage.version_of(edge).get("state") == "LIVE" and
                       stage.version_of(edge).get("listen"), "the new one is LIVE", 60)
            wanted = stage.seq()
            wait_until(lambda: stage.version_of(edge).get("seq", -1) >= wanted, "up to date", 60)
        finally:
            old.send_signal(signal.SIGTERM)
            old.wait(20)
    ended = time.monotonic()
    spend(4.5)  # what is lost is known by then
    figures = stage.checker.figures(begun, ended)
    need(figures["lost"] <= quiet["lost"], f"{figures['lost']} questions lost of "
                                           f"{figures['asked']}")
    return {"seen": f"{figures['lost']} of {figures['asked']} questions lost during three "
            f"hand-overs in {seconds(ended - begun)} (quiet: {quiet['lost']} of {quiet['asked']})"}
