"""Runs rows: each once for the table, or drawn from a seed for a soak."""

import datetime
import json
import os
import random
import subprocess
import sys
import time
import traceback

from fleet import BIN, ROOT, Process, wait_until

import rows_brokers  # noqa: F401
import rows_changes  # noqa: F401
import rows_edges  # noqa: F401
import rows_own  # noqa: F401
from rows import ROWS, Skipped, go_on, seconds
from stage import Stage, heal_firewall

BAD = ("wrong", "mixed", "regressed", "two_hashes", "lost", "unseen", "unread")


def chosen(names):
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    unknown = [name for name in wanted
               if name not in ROWS and all(row.number != name for row in ROWS.values())]
    if unknown:
        raise SystemExit(f"tests/faults/run: no such row: {', '.join(unknown)} (see --list)")

    def place(row):
        digits = "".join(filter(str.isdigit, row.number)) or "0"
        return (not row.number.startswith("F"), int(digits))
    return sorted((row for row in ROWS.values()
                   if not wanted or row.name in wanted or row.number in wanted), key=place)


def say(text):
    print(f"{datetime.datetime.now(datetime.timezone.utc):%H:%M:%S} {text}", flush=True)


def head(seed):
    commit = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"],
                            capture_output=True, text=True).stdout.strip()
    return {"date": f"{datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d}", "commit": commit,
            "seed": seed, "cores": os.cpu_count(), "programs": str(BIN.parent.name)}


def keep(out, result):
    out.parent.mkdir(parents=True, exist_ok=True)
    new = out.with_name(out.name + ".new")
    new.write_text(json.dumps(result, indent=1, default=str) + "\n")
    new.rename(out)


def heal(stage):
    """Whatever a row left behind: everybody runs, nothing is cut off, disks and clocks are good."""
    heal_firewall()
    for world in stage.world.values():
        world.set()
    if stage.kafka_folder is not None:
        import signal
        for broker in stage.brokers():
            stage.signal_broker(broker, signal.SIGCONT)
        stage.brokers_up()
    for backend in stage.backends:
        if backend.server is None:
            backend.start()
    for process in (*stage.controllers, stage.prober):
        revive(process)
    for edge in stage.edges:
        if edge.running():
            stage.checker.up(edge)
        else:
            stage.back(edge)
    go_on(stage)
    stage.all_live(90)
    wait_until(stage.all_newest, "the fleet follows the writers", 90, 0.1)


def revive(process: Process):
    import signal
    if process.running():
        process.send(signal.SIGCONT)
    else:
        process.start()


def attempt(row, stage, drawn):
    """One row; gives what becomes its line of the table."""
    begun = time.monotonic()
    line = {"row": row.name, "title": row.title, "how": row.how, "wanted": row.wanted}
    try:
        line["figures"] = row.run(stage, drawn) if stage is not None else row.run(drawn)
        line["seen"] = line["figures"].pop("seen")
        line["result"] = "ok"
    except Skipped as why:
        line.update(result="skipped", seen=str(why), figures={})
    except BaseException as broken:
        if isinstance(broken, KeyboardInterrupt):
            raise
        text = " ".join(str(broken).split()) or type(broken).__name__
        line.update(result="FAILED", seen=text[:600], figures={},
                    trace=traceback.format_exc()[-3000:])
    if stage is not None:
        try:
            heal(stage)
        except Exception as broken:
            line["result"] = "FAILED"
            line["seen"] += f"; and the fleet did not heal: {broken}"[:400]
            line["healed"] = False
    ended = time.monotonic()
    line.update(begun=begun, ended=ended, seconds=round(ended - begun, 1))
    return line


def tell(line):
    say(f"{line['row']:14} {line['result']:8} {line['seconds']:6.1f} s  {line['seen']}")


def settle(stage, lines):
    """The verdict on the common stage goes to its rows by time; gives its sums."""
    time.sleep(3.2)  # questions of the last row are lost or not by then
    for line in lines:
        line["questions"] = stage.checker.figures(line["begun"], line["ended"])
    verdict, counts = stage.conclude()
    for line in lines:
        bad = [text for t, _, text in verdict.bad if line["begun"] <= t <= line["ended"]]
        back = [one for one in verdict.regressed if line["begun"] <= one[0] <= line["ended"]]
        if bad or back or line["questions"]["lost"]:
            line["result"] = "FAILED" if bad or back else line["result"]
            line["answers"] = {"bad": bad[:5], "regressed": back[:5],
                               "lost": line["questions"]["lost"]}
    counts["bad"] = [text for _, _, text in verdict.bad[:10]]
    return counts


def table(names, seed, rate, out):
    rows = chosen(names)
    result = {**head(seed), "rows": [], "stage": {}}
    common = [row for row in rows if row.where == "stage"]
    lines = []
    if common:
        say("three brokers, two controllers, three edges, a prober")
        try:
            with Stage("kafka3", rate=rate) as stage:
                for row in common:
                    lines.append(attempt(row, stage, random.Random(f"{seed} {row.name}")))
                    tell(lines[-1])
                    keep(out, {**result, "rows": lines})
                    if not lines[-1].get("healed", True):
                        say("the fleet did not heal: its other rows are not tried")
                        break
                result["stage"] = settle(stage, lines)
                result["stage"]["rss"] = stage.sizes
        except Exception as broken:
            traceback.print_exc()
            result["stage"]["trouble"] = str(broken)[:1500]
    for row in rows:
        if row.where == "own":
            lines.append(attempt(row, None, random.Random(f"{seed} {row.name}")))
            tell(lines[-1])
            keep(out, {**result, "rows": lines})
    order = [row.name for row in rows]
    result["rows"] = sorted(lines, key=lambda line: order.index(line["row"]))
    keep(out, result)
    return conclude(result, lines, out)


def conclude(result, lines, out):
    counts = result["stage"]
    failed = [line["row"] for line in lines if line["result"] == "FAILED"]
    bad = {name: counts[name] for name in BAD if counts.get(name)}
    if counts.get("checked"):
        say(f"{counts['checked']:,} answers checked of {counts['versions']:,} versions: "
            + ", ".join(f"{name} {counts[name]}" for name in BAD)
            + f"; {counts['accepted']} changes accepted, {counts['pending']} pending when told; "
            f"questions lost {counts['queries_lost']}, while their edge was down "
            f"{counts['queries_excused']}")
    if counts.get("strange"):
        say(f"strange answers of the API: {counts['strange'][:3]}")
    say(f"result in {out}")
    for text in counts.get("bad", []):
        say(f"bad: {text}")
    if failed or bad or counts.get("trouble"):
        say(f"FAILED: rows {failed}, {bad} {counts.get('trouble', '')}")
        return 1
    say("all as wanted")
    return 0


def soak(minutes, seed, rate, names, out):
    """Faults one after the other, which and when by the seed, and everything healed between."""
    pool = [row for row in chosen(names) if row.soak]
    drawn = random.Random(seed)
    os.environ.setdefault("TIDEMARK_RACES", "50")
    result = {**head(seed), "minutes": minutes, "rate": rate, "rows": [], "stage": {}}
    lines, begun = [], time.monotonic()
    end = begun + minutes * 60
    say(f"soak of {minutes} minutes, seed {seed}: {len(pool)} rows to draw from")
    with Stage("kafka3", rate=rate, pause_s=0.7) as stage:
        begun = time.monotonic()
        end = begun + minutes * 60
        while time.monotonic() < end and stage.checker.child.poll() is None:
            calm = drawn.uniform(2, 8)
            row = drawn.choice(pool)
            inner = random.Random(drawn.random())
            time.sleep(min(calm, max(0, end - time.monotonic())))
            if time.monotonic() >= end:
                break
            lines.append(attempt(row, stage, inner))
            progress(stage, lines, begun)
            keep(out, {**result, "rows": lines, "stage": {"rss": stage.sizes}})
            if not lines[-1].get("healed", True):
                say("the fleet did not heal: the soak ends here")
                break
        sizes = growth(stage)
        try:
            result["stage"] = settle(stage, lines)
        except Exception as broken:
            traceback.print_exc()
            result["stage"]["trouble"] = str(broken)[:1500]
        result["stage"].update(rss=stage.sizes, growth=sizes,
                               lasted_s=round(time.monotonic() - begun))
    result["rows"] = lines
    keep(out, result)
    say("memory, MiB in the second fifth and in the last: " + ", ".join(
        f"{name} {one[0]} {one[1]}" for name, one in sizes.items()))
    return conclude(result, lines, out)


def progress(stage, lines, begun):
    line = lines[-1]
    sums = stage.checker.figures(begun, time.monotonic())
    failed = sum(1 for one in lines if one["result"] == "FAILED")
    say(f"{seconds(time.monotonic() - begun):>8} {line['row']:14} {line['result']:8} "
        f"{line['seconds']:5.1f} s | answered {sums['answered']:,}, lost {sums['lost']}, excused "
        f"{sums['excused']} | rows {len(lines)}, failed {failed} | seq {stage.seq()}")
    if line["result"] == "FAILED":
        say(f"         {line['seen']}")
        print(line.get("trace", ""), file=sys.stderr, flush=True)


def growth(stage):
    """Memory of each process in MiB: medians of the second fifth and of the last."""
    found = {}
    for process in stage.processes():
        sizes = [now[process.name] for now in stage.sizes if now.get(process.name)]
        fifth = max(1, len(sizes) // 5)
        early, late = sorted(sizes[fifth:2 * fifth] or sizes), sorted(sizes[-fifth:])
        if early and late:
            found[process.name] = [round(early[len(early) // 2] / 1024, 1),
                                   round(late[len(late) // 2] / 1024, 1)]
    return found
