"""Writes docs/reliability.md from the results of tests/faults/run."""

import json
import time

HEAD = """# What happens when something breaks: measured

This page is written by `tests/faults/run --page` from the results of `tests/faults/run` (the table)
and `tests/faults/run --soak MINUTES --seed N` (the soak): do not edit it by hand. How the answers
are checked is told in `tests/faults/README.md`.
"""


def cell(text):
    return str(text).replace("|", "\\|").replace("\n", " ")


def table(result):
    lines = [f"""
## The failure matrix

{result['date']}, commit {result['commit']}, programs of {result['programs']}, {result['cores']} \
cores shared with other work, seed {result['seed']}. Three brokers (RF 3, min ISR 2), two
controllers, three edges, a prober, two writing clients; where it says so a fleet of its own.

| row | what breaks | how it was made | wanted | seen | result |
|---|---|---|---|---|---|"""]
    for row in result["rows"]:
        lost = row.get("answers", {}).get("lost", 0)
        seen = row["seen"] + (f"; {lost} questions lost" if lost else "")
        lines.append("| " + " | ".join(cell(one) for one in (
            row["row"], row["title"], row["how"], row["wanted"], seen, row["result"])) + " |")
    return "\n".join(lines) + "\n" + sums(result["stage"], "Over all rows of the common stage")


def sums(counts, what):
    if not counts.get("checked"):
        return f"\n{what}: no verdict ({counts.get('trouble', 'none of them ran')}).\n"
    if counts.get("trouble"):
        what = f"{what} ({cell(counts['trouble'])})"
    return f"""
{what}:

| answers checked | versions | wrong | mixed | regressed | one seq, two hashes | changes told \
accepted | told pending (202) | lost | edges that did not see the end | questions lost | lost \
while their edge was down on purpose |
|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|
| {counts['checked']:,} | {counts['versions']:,} | {counts['wrong']} | {counts['mixed']} \
| {counts['regressed']} | {counts['two_hashes']} | {counts['accepted']:,} | {counts['pending']:,} \
| {counts['lost']} | {counts['unseen']} | {counts['queries_lost']} \
| {counts['queries_excused']:,} |
"""


def soak(result):
    counts = result["stage"]
    kinds = {}
    for row in result["rows"]:
        one = kinds.setdefault(row["row"], {"times": 0, "FAILED": 0, "skipped": 0, "visible": []})
        one["times"] += 1
        if row["result"] != "ok":
            one[row["result"]] += 1
        if "visible_s" in row.get("figures", {}):
            one["visible"].append(row["figures"]["visible_s"])
    lines = [f"""
## The soak

{result['date']}, commit {result['commit']}, programs of {result['programs']}, {result['cores']} \
cores shared with other work: {result['minutes']:g} minutes of faults drawn from seed \
{result['seed']}, {result['rate']:g} questions a second and edge.
{sums(counts, 'All answers')}
| fault | times | failed | new changes visible, worst |
|---|--:|--:|--:|"""]
    for name, one in sorted(kinds.items()):
        worst = f"{max(one['visible']):.1f} s" if one["visible"] else ""
        skipped = f" ({one['skipped']} skipped)" if one["skipped"] else ""
        lines.append(f"| {name} | {one['times']}{skipped} | {one['FAILED']} | {worst} |")
    if counts.get("growth"):
        lines.append("\n| memory, MiB | " + " | ".join(counts["growth"]) + " |\n|---|" +
                     "--:|" * len(counts["growth"]))
        for place, when in enumerate(("second fifth of the time", "last fifth")):
            lines.append(f"| {when} | " + " | ".join(
                str(one[place]) for one in counts["growth"].values()) + " |")
    failures = [row for row in result["rows"] if row["result"] == "FAILED"]
    if failures:
        lines.append("\nFailed:\n")
        lines += [f"- {row['row']}: {cell(row['seen'])}" for row in failures]
    return "\n".join(lines) + "\n"


LIMITS = """
## What this does not show

- The oracle shares the product's reader of records (`tidemark log show`); judging, folding and
  answering are its own.
- Answers of a pool are checked to be some of its members and never none; which of them health chose
  is not computed again.
- Brokers run on one machine and disk: no power cut of a broker, no loss of what a broker
  acknowledged and had not written.
- A rolling upgrade goes from a build to the same build; a newer build beside an older one does not
  exist yet.
- Not made here: F11 and torn writes (`tests/stress`), F17 to F19 and F33 (fuzzing,
  `docs/testing.md`), F29 (a memory limit), F31 and F32 (`tests/abuse`, `loadtest/abuse`).
"""


def write(folder, out):
    text = HEAD
    for name, render in (("rows.json", table), ("soak.json", soak)):
        path = folder / name
        if path.exists():
            text += render(json.loads(path.read_text()))
    out.write_text(text + LIMITS)
    print(f"{out} written at {time.strftime('%H:%M:%S')}")
