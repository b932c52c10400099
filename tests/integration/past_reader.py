"""A second opinion on the past: folds the records of a log in Python, and tells what was when.

It reads `tidemark log show changes -o json`, believes that every decodable ChangeSet was accepted
(the tests see to that), and knows nothing of the index.
"""

import bisect
import datetime
import json


class PastReader:
    """`lines`: those of the log, as text or as anything that gives one after the other."""

    def __init__(self, lines):
        self.times = []  # of each accepted change, in ms
        self.values = {}  # zone -> name -> type -> [(seq, (ttl, records) or None)]
        self.lives = {}  # zone -> [(seq, bool)]
        building = {}
        for line in lines.splitlines() if isinstance(lines, str) else lines:
            record = json.loads(line)
            if "record" in record and record["record"] is not None:
                self.times.append(milliseconds(record["time"]))
                for zone in record["record"]["zones"]:
                    self._fold(zone, building)

    @property
    def seq(self):
        return len(self.times)

    def _put(self, zone, name, kind, value):
        held = self.values.setdefault(zone, {}).setdefault(name, {}).setdefault(kind, [])
        held.append((self.seq, value))

    def _here(self, zone):
        return [(name, kind) for name, kinds in self.values.get(zone, {}).items()
                for kind, held in kinds.items() if held[-1][1] is not None]

    def _fold(self, edits, building):
        zone = edits["zone"]
        for edit in edits["edits"]:
            what = edit["edit"]
            where = (edit.get("name"), edit.get("type"))
            if what == "put_rrset":
                value = (edit["ttl"], edit["records"])
                if edits["construction"]:
                    building[zone][where] = value
                else:
                    self._put(zone, *where, value)
            elif what == "delete_rrset":
                if edits["construction"]:
                    building[zone].pop(where)
                else:
                    self._put(zone, *where, None)
            elif what == "begin_construction":
                building[zone] = {}
                continue
            elif what == "commit_construction":
                for gone in self._here(zone):
                    self._put(zone, *gone, None)
                for there, value in building.pop(zone).items():
                    self._put(zone, *there, value)
            elif what == "delete_zone":
                for gone in self._here(zone):
                    self._put(zone, *gone, None)
            if not edits["construction"] or what == "commit_construction":
                self.lives.setdefault(zone, []).append((self.seq, what != "delete_zone"))

    def seq_at(self, ms):
        return bisect.bisect_right(self.times, ms)

    def zone_of(self, name, seq):
        """The deepest zone that held the name."""
        labels = name.split(".")
        for cut in range(len(labels)):
            zone = ".".join(labels[cut:]) or "."
            if newest(self.lives.get(zone, []), seq):
                return zone
        return None

    def show(self, name, seq):
        """type -> (ttl, records), SOA serials left out; None if no zone held the name."""
        zone = self.zone_of(name, seq)
        if zone is None:
            return None
        found = {}
        for kind, held in self.values.get(zone, {}).get(name, {}).items():
            value = newest(held, seq)
            if value is not None:
                found[kind] = comparable(kind, *value)
        return found


def newest(held, seq):
    """Of entries in the order of their seqs, several of one seq: the last one counts."""
    at = bisect.bisect_right(held, seq, key=lambda one: one[0])
    return held[at - 1][1] if at else None


def comparable(kind, ttl, records):
    if kind == "SOA":  # the serial is the fold's own
        words = records[0].split()
        records = [" ".join(words[:2] + words[3:])]
    return ttl, sorted(records)


def milliseconds(text):
    """Of "2026-01-31T12:00:00.000Z"."""
    return round(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000)


def text_of(ms):
    moment = datetime.datetime.fromtimestamp(ms // 1000, datetime.timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + f".{ms % 1000:03d}Z"
