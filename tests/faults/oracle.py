"""The oracle: folds a log in Python and says what each version of it answers.

It reads the lines of `tidemark log show changes -o json`, judges every ChangeSet by itself (twins,
epochs, preconditions, missing objects, the removal guard, the apex) and keeps all that ever was. It
shares no code with the product but the reading of a record's octets. A verdict of its own that
differs from the fleet's shows as wrong answers: the numbers of versions would part.
"""

import bisect
import json
import struct

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype

MIN_READER = 90  # what no build reads yet: F27 writes 99
HOPS_MAX = 8
ADDRESSES = ("A", "AAAA")


class Broken(Exception):
    """A rule that a ChangeSet breaks."""


class Zone:
    def __init__(self):
        self.seq, self.serial, self.rrsets = 0, 0, {}
        self.percent_max, self.rrsets_min = 30, 10
        self.building = None

    def copy(self):
        other = Zone()
        other.__dict__.update(self.__dict__)
        other.rrsets = dict(self.rrsets)
        other.building = None if self.building is None else dict(self.building)
        return other


class Past:
    """What something was: values with the seq from which each held."""

    def __init__(self):
        self.seqs, self.values = [], []

    def put(self, seq, value):
        if self.seqs and self.seqs[-1] == seq:
            self.values[-1] = value
        elif not self.values or self.values[-1] != value:
            self.seqs.append(seq)
            self.values.append(value)

    def at(self, seq):
        place = bisect.bisect_right(self.seqs, seq)
        return self.values[place - 1] if place else None


class History:
    def __init__(self):
        self.seq = 0
        self.next_offset = 0
        self.halted_at = None
        self.fates = {}   # change_id -> (seq or None, the rule that it broke)
        self.twins = 0
        self.undecodable = 0
        self.epochs = {}
        self.zones = {}   # as they are
        self.lives = {}   # zone -> Past of its serial; None: not there
        self.rrsets = {}  # zone -> owner -> type -> Past of (ttl, records)
        self.pools = {}   # pool -> Past of addresses
        self.before = None  # the history of the log that this one goes on from

    def read(self, lines):
        """Folds what it has not seen yet; lines of before are skipped by their offset."""
        for line in lines:
            record = json.loads(line)
            if record["offset"] < self.next_offset or self.halted_at is not None:
                continue
            self.next_offset = record["offset"] + 1
            self.fold(record.get("record"), record["offset"])
        return self

    def fold(self, change, offset):
        if not change:
            self.undecodable += 1
        elif change["min_reader"] > MIN_READER:
            self.halted_at = offset
        elif change["change_id"] in self.fates:
            self.twins += 1
        else:
            try:
                self._judge(change)
                self.fates[change["change_id"]] = (self.seq, None)
            except Broken as rule:
                self.fates[change["change_id"]] = (None, str(rule))
            highest = self.epochs.get(change["author"], 0)
            self.epochs[change["author"]] = max(highest, change["author_epoch"])

    # Judging.

    def _judge(self, change):
        epoch = change["author_epoch"]
        if epoch and epoch < self.epochs.get(change["author"], 0):
            raise Broken("stale author")
        if change.get("succession"):
            return self._succeed(change["succession"]["seq"])
        for edits in change["zones"]:
            self._expect(edits)
        zones, removed, over = {}, 0, False
        for edits in change["zones"]:
            name = edits["zone"]
            before = self.zones.get(name)
            zones[name], gone = self._edit(before, edits)
            removed += gone
            if before is not None:
                held = len(before.rrsets)
                over |= held >= before.rrsets_min and gone * 100 > held * before.percent_max
        wanted = change["acknowledged_removals"]
        if (wanted is not None and wanted != removed) or (wanted is None and over):
            raise Broken("removal guard")
        self.seq += 1
        for name, zone in zones.items():
            self._settle(name, zone)
        for edit in change["pools"]:
            if edit["edit"] == "put_pool":
                addresses = tuple(sorted(one["address"] for one in edit["endpoints"]))
                self.pools.setdefault(edit["pool"], Past()).put(self.seq, addresses)

    def _succeed(self, seq):
        """This log was filled with what another had made at `seq`: versions go on from there."""
        if self.before is None or self.before.seq < seq:
            raise Broken("nobody knows the version that it goes on from")
        if self._contents() != self.before._contents():
            raise Broken("it holds something else than the log before")
        self.seq = seq + 1
        for name, zone in self.zones.items():
            zone.seq = self.seq
            self.lives[name].put(self.seq, zone.serial)

    def _contents(self):
        zones = {name: ({where: (value[0], tuple(sorted(value[1])))
                         for where, value in zone.rrsets.items() if where[1] != "SOA"}, zone.serial)
                 for name, zone in self.zones.items()}
        return zones, {name: past.values[-1] for name, past in self.pools.items()}

    def _expect(self, edits):
        zone, expect = self.zones.get(edits["zone"]), edits["expect"]
        if expect == "absent" and zone is not None:
            raise Broken("zone exists")
        if isinstance(expect, dict):
            if zone is None:
                raise Broken("zone missing")
            if zone.seq != expect["exactly"]:
                raise Broken("zone changed")

    def _edit(self, before, edits):
        """The zone behind the edits (None: gone; else with .visible) and how much went away."""
        zone = before.copy() if before is not None else None
        visible, soa, deleted = not edits["construction"], False, set()
        for edit in edits["edits"]:
            what, where = edit["edit"], (edit.get("name"), edit.get("type"))
            if what == "create_zone":
                if zone is not None:
                    raise Broken("zone exists")
                zone = Zone()
                continue
            if what == "begin_construction":
                zone = zone or Zone()
                zone.building = {}
                continue
            if zone is None:
                raise Broken("zone missing")
            held = zone.building if edits["construction"] else zone.rrsets
            if what == "put_rrset":
                held[where] = (edit["ttl"], tuple(edit["records"]))
                soa |= where[1] == "SOA"
            elif what == "delete_rrset":
                if where not in held:
                    raise Broken("rrset missing")
                del held[where]
                deleted.add(where)
            elif what == "delete_zone":
                return None, len(before.rrsets)
            elif what == "commit_construction":
                zone.rrsets, zone.building = zone.building, None
                visible = soa = True
                deleted = set(before.rrsets) if before is not None else set()
            elif what == "put_zone_settings":
                zone.percent_max = edit.get("removal_percent_max") or zone.percent_max
                zone.rrsets_min = edit.get("removal_rrsets_min") or zone.rrsets_min
        if visible and not {"SOA", "NS"} <= {kind for _, kind in zone.rrsets}:
            raise Broken("apex")
        zone.visible, zone.soa_put = visible, soa
        before_there = before.rrsets if before is not None else {}
        gone = sum(1 for where in deleted if where in before_there and where not in zone.rrsets)
        return zone, gone if visible else 0

    def _settle(self, name, zone):
        owners = self.rrsets.setdefault(name, {})
        before = self.zones.get(name)
        if zone is None:
            self.zones.pop(name)
            self.lives[name].put(self.seq, None)
        else:
            self.zones[name] = zone
            if not zone.visible:
                return
            zone.seq = self.seq
            soa = next(value for (_, kind), value in zone.rrsets.items() if kind == "SOA")
            serial = int(soa[1][0].split()[2])
            if before is not None and before.seq:
                following = (before.serial + 1) & 0xFFFFFFFF
                if not zone.soa_put or not 0 < ((serial - following) & 0xFFFFFFFF) < 1 << 31:
                    serial = following
            zone.serial = serial
            self.lives.setdefault(name, Past()).put(self.seq, serial)
        was = before.rrsets if before is not None else {}
        now = zone.rrsets if zone is not None else {}
        for where in was.keys() | now.keys():
            if was.get(where) != now.get(where):
                kinds = owners.setdefault(where[0], {})
                kinds.setdefault(where[1], Past()).put(self.seq, now.get(where))

    # Answering. A message is (rcode, aa, answer, authority, additional): sections are frozensets of
    # (owner, type, ttl, rdata).

    def zone_of(self, name, seq):
        labels = name.rstrip(".").split(".")
        for cut in range(len(labels)):
            zone = ".".join(labels[cut:]) + "."
            past = self.lives.get(zone)
            if past is not None and past.at(seq) is not None:
                return zone
        return None

    def _value(self, zone, owner, kind, seq):
        past = self.rrsets[zone].get(owner, {}).get(kind)
        return past.at(seq) if past is not None else None

    def _here(self, zone, owner, seq):
        return any(past.at(seq) is not None
                   for past in self.rrsets[zone].get(owner, {}).values())

    def _exists(self, zone, name, seq):
        return any((owner == name or owner.endswith("." + name)) and self._here(zone, owner, seq)
                   for owner in self.rrsets[zone])

    def _soa(self, zone, seq):
        ttl, (text,) = self._value(zone, zone, "SOA", seq)
        words = text.split()
        words[2] = str(self.lives[zone].at(seq))
        return ttl, words

    def _negative(self, zone, seq):
        ttl, words = self._soa(zone, seq)
        return frozenset([(zone, "SOA", min(ttl, int(words[6])), " ".join(words))])

    def _addresses(self, zone, names, seq):
        found = set()
        for name in names:
            for kind in ADDRESSES:
                value = self._value(zone, name, kind, seq)
                if value:
                    found |= rows(name, kind, value)
        return frozenset(found)

    def _cut(self, zone, name, seq):
        labels = name[:-len(zone)].rstrip(".").split(".") if name != zone else []
        for first in range(len(labels) - 1, -1, -1):
            owner = ".".join(labels[first:]) + "." + zone
            value = self._value(zone, owner, "NS", seq)
            if value:
                return owner, value
        return None

    def expected(self, question, kind, seq):
        if self.before is not None and seq <= self.before.seq:
            return self.before.expected(question, kind, seq)
        zone = self.zone_of(question, seq)
        if zone is None:
            return "REFUSED", False, frozenset(), frozenset(), frozenset()
        answer, name = set(), question
        nothing = frozenset()
        for _ in range(HOPS_MAX):
            zone = self.zone_of(name, seq)
            if zone is None:
                return "NOERROR", True, frozenset(answer), nothing, nothing
            cut = self._cut(zone, name, seq)
            if cut is not None:
                glue = self._addresses(zone, cut[1][1], seq)
                return ("NOERROR", bool(answer), frozenset(answer),
                        frozenset(rows(cut[0], "NS", cut[1])), glue)
            source = name
            if not self._exists(zone, name, seq):
                encloser = name
                while not self._exists(zone, encloser, seq):
                    encloser = encloser.split(".", 1)[1]
                source = "*." + encloser
                if not self._here(zone, source, seq):
                    return ("NXDOMAIN", True, frozenset(answer), self._negative(zone, seq),
                            nothing)
            if kind == "SOA" and source == zone:
                ttl, words = self._soa(zone, seq)
                answer.add((name, kind, ttl, " ".join(words)))
                return "NOERROR", True, frozenset(answer), nothing, nothing
            value = self._value(zone, source, kind, seq)
            if value:
                answer |= rows(name, kind, value)
                more = nothing
                if kind == "NS" and source == zone:
                    more = self._addresses(zone, value[1], seq)
                return "NOERROR", True, frozenset(answer), nothing, more
            alias = self._value(zone, source, "CNAME", seq)
            pool = self._value(zone, source, "POOL", seq)
            if alias:
                answer |= rows(name, "CNAME", alias)
                name = alias[1][0]
            elif pool and kind == "A":
                members = self.pools[pool[1][0]].at(seq)
                answer |= {(name, "A?", pool[0], address) for address in members}
                return "NOERROR", True, frozenset(answer), nothing, nothing
            else:
                return "NOERROR", True, frozenset(answer), self._negative(zone, seq), nothing
        raise AssertionError(f"a chain of more than {HOPS_MAX} at {question}")

    def serial(self, question, seq):
        if self.before is not None and seq <= self.before.seq:
            return self.before.serial(question, seq)
        zone = self.zone_of(question, seq)
        return self.lives[zone].at(seq) if zone is not None else None

    def ever(self, owner, kind, found):
        """Did the RRset hold exactly these records in some version?"""
        for owners in self.rrsets.values():
            past = owners.get(owner, {}).get(kind)
            if past is not None and any(value and rows(owner, kind, value) == found
                                        for value in past.values):
                return True
        return False


def rows(owner, kind, value):
    ttl, records = value
    return {(owner, kind, ttl, normal(kind, record)) for record in records}


_normal = {}


def normal(kind, text):
    """RDATA as dnspython writes it; Tidemark's text of it is read, not believed."""
    if (kind, text) not in _normal:
        if len(_normal) > 1 << 20:
            _normal.clear()
        rdata = dns.rdata.from_text(dns.rdataclass.IN, dns.rdatatype.from_text(kind), text)
        _normal[kind, text] = rdata.to_text()
    return _normal[kind, text]


def parse(body):
    """A message of the asker's: what follows the id, without its OPT."""
    message = dns.message.from_wire(b"\0\0" + body, ignore_trailing=False)
    sections = []
    for section in (message.answer, message.authority, message.additional):
        sections.append(frozenset(
            (rrset.name.to_text().lower(), dns.rdatatype.to_text(rrset.rdtype), rrset.ttl,
             rdata.to_text()) for rrset in section for rdata in rrset))
    truncated = bool(message.flags & dns.flags.TC)
    rcode = "TC" if truncated else dns.rcode.to_text(message.rcode())
    return rcode, bool(message.flags & dns.flags.AA), *sections


def same(expected, seen):
    """A pool's members are those that health chose: never none, never others."""
    if expected == seen:
        return True
    chosen = {row for row in expected[2] if row[1] == "A?"}
    if not chosen or expected[:2] != seen[:2] or expected[3:] != seen[3:]:
        return False
    members = {(owner, "A", ttl, address) for owner, _, ttl, address in chosen}
    fixed = expected[2] - chosen
    return fixed <= seen[2] and bool(seen[2] - fixed) and seen[2] - fixed <= members


def opt_of(message):
    """Where the OPT of a message begins, and its options as {code: octets}."""
    questions, answers, authorities, additionals = struct.unpack_from(">4H", message, 4)
    at = 12
    for _ in range(questions):
        at = behind_name(message, at) + 4
    for number in range(answers + authorities + additionals):
        begin = at
        at = behind_name(message, at)
        kind, _, _, octets = struct.unpack_from(">HHIH", message, at)
        at += 10
        if kind == 41:
            options, end = {}, at + octets
            while at < end:
                code, length = struct.unpack_from(">HH", message, at)
                options[code] = message[at + 4:at + 4 + length]
                at += 4 + length
            return begin, options
        at += octets
    return None, {}


def behind_name(message, at):
    while True:
        octets = message[at]
        if octets >= 0xC0:
            return at + 2
        at += 1 + octets
        if octets == 0:
            return at


def question_octets(name, kind):
    """A query without its id, that asks for version, zone version and server id."""
    options = b"".join(struct.pack(">HH", code, 0) for code in (65001, 19, 3))
    return (struct.pack(">5H", 0, 1, 0, 0, 1) + dns.name.from_text(name).to_wire() +
            struct.pack(">HH", dns.rdatatype.from_text(kind), 1) +
            b"\0" + struct.pack(">HHIH", 41, 4096, 0, len(options)) + options)


