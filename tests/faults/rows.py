"""What a row of the failure matrix is, and what rows share."""

import time

ROWS = {}  # in the order of their files
P99_SLACK_MS = 60.0  # the asker's own pauses on a machine that others use too


class Row:
    def __init__(self, name, number, title, how, wanted, where, soak):
        self.name, self.number, self.title = name, number, title
        self.how, self.wanted, self.where, self.soak = how, wanted, where, soak
        self.run = None


class Skipped(Exception):
    """This machine cannot make the fault."""


def row(name, title, how, wanted, where="stage", soak=False):
    """`where`: "stage" is the common one of three brokers; "own" makes what it needs by itself.
    `soak`: the nemesis may choose it. The row gives its figures as a dict."""
    def register(function):
        ROWS[name] = Row(name, name.split()[0], title, how, wanted, where, soak)
        ROWS[name].run = function
        return function
    return register


def need(condition, sentence):
    """What the row wants and did not get."""
    if not condition:
        raise AssertionError(sentence)


def rested(stage, edges, deadline_s=40):
    """Writers rest until every edge has a file of the newest version."""
    from fleet import wait_until
    for writer in stage.writers:
        writer.resting.set()

    def durable():
        versions = [stage.version_of(edge) for edge in edges]
        return all(version.get("snapshot_file_seq", -1) == version.get("seq", -2) >= stage.seq()
                   for version in versions)
    wait_until(durable, "every edge has a file of the newest version", deadline_s, 0.1)


def go_on(stage):
    for writer in stage.writers:
        writer.resting.clear()


def timed(condition, what, deadline_s=60, every_s=0.02):
    """Seconds until the condition holds."""
    from fleet import wait_until
    begun = time.monotonic()
    wait_until(condition, what, deadline_s, every_s)
    return time.monotonic() - begun


def spend(seconds):
    """How long a fault lasts. Nothing is expected to have happened by its end."""
    time.sleep(seconds)


def seconds(value):
    return f"{value:.1f} s" if value >= 0.095 else f"{value * 1000:.0f} ms"


def rests(stage):
    """The longest pause between new versions at any edge, since a moment."""
    since = time.monotonic()

    def longest():
        now = time.monotonic()
        return max(stage.checker.longest_pause(edge.node, since, now) for edge in stage.edges)
    return longest
