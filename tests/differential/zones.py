"""Seeded random sets of zones that all four servers load.

A set is what one question can touch: one to four zones whose origins end in a label of the set's
own, so that many sets share a server. A set depends on its seed and number alone.

What is left out is what some server refuses to load (dns-answers section 9): data below a visible
DNAME, DNAME beside NS, NS, DNAME or DS at a wildcard, DS without NS, a CNAME beside other data.
"""
import random

import names

LABELS = [b"a", b"b", b"c", b"d", b"www", b"Mail", b"x.y", b"sp ace", b"\x00\xff", b"_tcp", b"0"]
OUTSIDE = [(b"out", b"example"), (b"Far", b"away", b"test"), (b"test",)]
TTLS = [0, 1, 60, 300, 3600, 86400, 604800]
KINDS = (["A"] * 18 + ["AAAA"] * 6 + ["TXT"] * 6 + ["MX"] * 4 + ["CNAME"] * 16 + ["DNAME"] * 9
         + ["NS"] * 12 + ["SRV"] * 2 + ["PTR"] * 2 + ["TYPE65280"] * 4 + ["HINFO"] * 2 + ["CAA"] * 2
         + ["LARGE"] * 2 + ["ENTS"] * 3)


class Zone:
    def __init__(self, origin):
        self.origin = origin
        self.rrsets = {}  # owner, lower-case -> type -> RDATA texts
        self.ttls = {}
        self.shown = {}  # owner, lower-case -> as it is written

    def put(self, owner, rr_type, rdata):
        key = names.lower(owner)
        if names.octets(key) > names.NAME_OCTETS_MAX:
            return
        self.shown.setdefault(key, owner)
        texts = self.rrsets.setdefault(key, {}).setdefault(rr_type, [])
        if rdata not in texts:
            texts.append(rdata)

    def drop(self, owner, rr_type):
        self.rrsets[owner].pop(rr_type, None)
        if not self.rrsets[owner]:
            del self.rrsets[owner]

    def text(self):
        origin = names.text(self.origin)
        lines = []
        for owner in sorted(self.rrsets, key=lambda name: (name != self.origin, name)):
            for rr_type, texts in sorted(self.rrsets[owner].items(),
                                         key=lambda item: (item[0] != "SOA", item[0])):
                ttl = self.ttls[owner, rr_type]
                lines += [f"{names.text(self.shown[owner])} {ttl} IN {rr_type} {rdata}"
                          for rdata in texts]
        return f"$ORIGIN {origin}\n" + "\n".join(lines) + "\n"


class ZoneSet:
    def __init__(self, number, zones, targets):
        self.number = number
        self.zones = zones
        self.targets = targets  # names that occur somewhere: owners and where aliases lead

    def origins(self):
        return [zone.origin for zone in self.zones]

    def text(self):
        return "\n".join(zone.text() for zone in self.zones)


class _Maker:
    def __init__(self, seed, number):
        self.rng = random.Random(f"zones {seed} {number}")
        self.top = (b"s%d" % number,)
        self.number = number
        self.pool = []  # names that something may point at

    def make(self):
        rng = self.rng
        main = (b"a",) + self.top
        origins = [main]
        if rng.random() < 0.6:
            origins.append((rng.choice([b"a", b"c", b"www", b"mail", b"_tcp"]),) + main)
        if rng.random() < 0.2:
            origins.append((b"c", b"b") + main)
        if rng.random() < 0.7:
            origins.append((rng.choice([b"b", b"xa", b"aa"]),) + self.top)
        origins = list(dict.fromkeys(origins))
        zones = [Zone(origin) for origin in origins]
        self.pool = list(origins)
        for zone in zones:
            for _ in range(rng.randint(2, 9)):
                self.pool.append(self.owner_in(zone))
        for zone in zones:
            self.fill(zone, origins)
        if rng.random() < 0.5:
            self.chain(zones)
        for zone in zones:
            _keep_what_all_load(zone)
            self.apex(zone)
        _keep_dnames_alone(zones)
        for zone in zones:
            self.draw_ttls(zone)
        return ZoneSet(self.number, zones, self.pool)

    def label(self):
        if self.rng.random() < 0.03:
            return bytes(self.rng.choice(b"abcdefghij") for _ in range(63))
        return self.rng.choice(LABELS)

    def owner_in(self, zone):
        rng = self.rng
        known = [name for name in self.pool if names.is_at_or_below(name, zone.origin)]
        base = rng.choice(known) if known and rng.random() < 0.5 else zone.origin
        depth = rng.choice([1, 1, 1, 1, 2, 2, 3, 4, rng.choice([1, 1, 1, 20])])
        labels = [self.label() for _ in range(depth)]
        if rng.random() < 0.25:
            labels[0] = b"*"
        elif depth > 1 and rng.random() < 0.1:
            labels[rng.randrange(1, depth)] = b"*"
        name = tuple(labels) + base
        return name if names.octets(name) < 240 else (b"a",) + zone.origin

    def target(self):
        """Where an alias or an NS record points."""
        rng = self.rng
        chance = rng.random()
        if chance < 0.12:
            return rng.choice(OUTSIDE)
        name = rng.choice(self.pool)
        if chance < 0.4:
            name = (rng.choice([b"*", b"no", self.label()]),) + name
        elif chance < 0.5 and len(name) > 2:
            name = name[1:]
        return name if names.octets(name) < 250 else self.top

    def shown(self, name):
        return names.text(names.mixed_case(self.rng, name) if self.rng.random() < 0.3 else name)

    def rdata(self, kind):
        rng = self.rng
        if kind == "A":
            return f"192.0.2.{rng.randrange(4)}"
        if kind == "AAAA":
            return f"2001:db8::{rng.randrange(1, 5)}"
        if kind == "TXT":
            return rng.choice(['"one"', '"Two" "parts"', '"\\000\\255\\""'])
        if kind == "MX":
            return f"{rng.randrange(3)} {self.shown(self.target())}"
        if kind == "SRV":
            return f"1 2 443 {self.shown(self.target())}"
        if kind == "HINFO":
            return '"cpu" "os"'
        if kind == "CAA":
            return '0 issue "ca.example"'
        if kind == "TYPE65280":
            return rng.choice(["\\# 0", "\\# 3 414243", "\\# 4 0161ff00"])
        return self.shown(self.target())

    def fill(self, zone, origins):
        rng = self.rng
        own = [name for name in self.pool if names.is_below(name, zone.origin)]
        for _ in range(rng.randint(3, 14)):
            owner = rng.choice(own) if own and rng.random() < 0.7 else self.owner_in(zone)
            if rng.random() < 0.15:
                owner = names.mixed_case(rng, owner)
            kind = rng.choice(KINDS)
            if kind == "NS":
                self.cut(zone, owner)
            elif kind == "ENTS":
                self.put(zone, (rng.choice([b"*", b"a"]), self.label(), b"*") + owner, "A")
            elif kind == "LARGE":
                for turn in range(rng.choice([6, 12, 40])):
                    zone.put(owner, "TXT", f'"{turn:02d}{"t" * 60}"')
            else:
                for _ in range(rng.choice([1, 1, 2, 3]) if kind not in ("CNAME", "DNAME") else 1):
                    self.put(zone, owner, kind)
        for child in origins:
            if names.is_below(child, zone.origin) and rng.random() < 0.75:
                self.cut(zone, child)

    def put(self, zone, owner, kind):
        zone.put(owner, kind, self.rdata(kind))

    def cut(self, zone, owner):
        """A delegation with glue of each kind, and perhaps data that it hides."""
        rng = self.rng
        for _ in range(rng.choice([1, 1, 2, 3, rng.choice([1, 12])])):
            chance = rng.random()
            if chance < 0.5:
                target = (rng.choice([b"ns", b"a", b"ns%d" % rng.randrange(12)]),) + owner
            elif chance < 0.6:
                target = owner
            elif chance < 0.75:
                target = rng.choice(self.pool)  # perhaps a sibling's, a CNAME, a wildcard
            else:
                target = self.target()
            zone.put(owner, "NS", self.shown(target))
            if names.is_below(target, zone.origin) and rng.random() < 0.8:
                for kind in rng.choice([["A"], ["AAAA"], ["A", "AAAA"]]):
                    self.put(zone, target, kind)
        if rng.random() < 0.35:
            zone.put(owner, "DS", f"{rng.randrange(65536)} 13 2 {'ab' * 32}")
        if rng.random() < 0.3:
            self.put(zone, (self.label(),) + owner, rng.choice(["A", "TXT", "CNAME", "NS"]))
        if rng.random() < 0.15:
            self.put(zone, owner, rng.choice(["A", "TXT"]))

    def chain(self, zones):
        """CNAMEs one after the other, through the zones; the end is data, nothing or a loop."""
        rng = self.rng
        length = rng.choice([2, 3, 4, 5, 6, 8, 9, 10, 12])
        owners = [(b"ch%d" % step,) + rng.choice(zones).origin for step in range(length)]
        for step, owner in enumerate(owners):
            zone = max((one for one in zones if names.is_below(owner, one.origin)),
                       key=lambda one: len(one.origin))
            if step + 1 < length:
                zone.put(owner, "CNAME", names.text(owners[step + 1]))
            else:
                loop = names.text(rng.choice(owners))
                zone.put(owner, "CNAME", rng.choice([loop, self.shown(self.target())]))
        self.pool += owners[:2]

    def apex(self, zone):
        rng = self.rng
        origin = zone.origin
        zone.shown[origin] = names.mixed_case(rng, origin) if rng.random() < 0.2 else origin
        minimum = rng.choice(TTLS)
        soa = f"ns1.{names.text(origin)} host.{names.text(origin)} {rng.randrange(1, 2**31)}"
        zone.put(origin, "SOA", f"{soa} 7200 3600 1209600 {minimum}")
        for kind in ("A", "TXT", "MX", "TYPE65280", "CAA"):
            if rng.random() < 0.2:
                self.put(zone, origin, kind)
        if rng.random() < 0.1:  # nothing may stand below it, or it goes again
            zone.rrsets = {origin: zone.rrsets[origin]}
            zone.put(origin, "DNAME", self.shown(self.target()))
        if "DNAME" in zone.rrsets[origin] or rng.random() < 0.3:
            zone.put(origin, "NS", rng.choice(["ns.out.example.", "NS1.Far.Away.Test."]))
            return
        zone.put((b"ns1",) + origin, "A", "192.0.2.53")
        zone.put(origin, "NS", f"ns1.{names.text(origin)}")
        if rng.random() < 0.3:
            zone.put(origin, "NS", "ns.out.example.")

    def draw_ttls(self, zone):
        for owner, rrsets in sorted(zone.rrsets.items()):
            for rr_type in sorted(rrsets):
                zone.ttls[owner, rr_type] = self.rng.choice(TTLS)


def _keep_what_all_load(zone):
    for owner in sorted(zone.rrsets):
        rrsets = zone.rrsets[owner]
        if owner[0] == b"*" or (b"ns1",) + zone.origin == owner:
            for rr_type in ("NS", "DNAME", "DS", "CNAME")[:3 if owner[0] == b"*" else 4]:
                rrsets.pop(rr_type, None)
        if "CNAME" in rrsets and len(rrsets) > 1:
            for rr_type in [t for t in rrsets if t != "CNAME"] if len(rrsets) == 2 else ["CNAME"]:
                rrsets.pop(rr_type)
        for one in ("CNAME", "DNAME"):
            if one in rrsets:
                del rrsets[one][1:]
        if "NS" in rrsets:
            rrsets.pop("DNAME", None)
        else:
            rrsets.pop("DS", None)
        if not rrsets:
            del zone.rrsets[owner]


def _keep_dnames_alone(zones):
    """NSD looks for names below a DNAME in all its zones, whichever the DNAME is in."""
    owners = [owner for zone in zones for owner in zone.rrsets]
    for zone in zones:
        for owner in sorted(zone.rrsets):
            rrsets = zone.rrsets[owner]
            if "DNAME" in rrsets and any(names.is_below(other, owner) for other in owners):
                zone.drop(owner, "DNAME")


def make_set(seed, number):
    return _Maker(seed, number).make()
