"""Random questions to a set of zones: what is there, below it, beside it, above it, and nothing."""
import random

import names
import wire

QTYPES = (["A"] * 12 + ["AAAA"] * 4 + ["TXT"] * 4 + ["MX"] * 2 + ["CNAME"] * 4 + ["DNAME"] * 3
          + ["NS"] * 5 + ["SOA"] * 3 + ["DS"] * 5 + ["ANY"] * 3 + ["SRV", "TYPE65280", "TYPE1234",
                                                                   "RRSIG", "DNSKEY", "CAA"])


class Query:
    def __init__(self, name, rr_type, edns, dnssec_ok, recursion, tcp):
        self.name, self.type = name, rr_type
        self.edns, self.dnssec_ok, self.recursion, self.tcp = edns, dnssec_ok, recursion, tcp
        self.wire = wire.make_query(name, wire.TYPES[rr_type], edns, dnssec_ok, recursion)

    def text(self):
        options = ["tcp" if self.tcp else "udp"]
        if self.edns is not None:
            options.append(f"edns {self.edns}" + (" DO" if self.dnssec_ok else ""))
        return f"{names.text(self.name)} {self.type} ({', '.join(options)})"

    def octets_max(self):
        return 65535 if self.tcp else min(1232, max(512, self.edns or 0))


def make_queries(seed, zone_set, count):
    rng = random.Random(f"queries {seed} {zone_set.number}")
    owners = [owner for zone in zone_set.zones for owner in sorted(zone.rrsets)]
    hiding = [owner for zone in zone_set.zones for owner in sorted(zone.rrsets)
              if zone.rrsets[owner].keys() & {"DNAME", "NS"} or owner[0] == b"*"]
    return [_make(rng, owners, hiding, zone_set) for _ in range(count)]


def _make(rng, owners, hiding, zone_set):
    edns = rng.choice([None, None, 1232, 1232, 4096, 512, 0])
    return Query(_name(rng, owners, hiding, zone_set), rng.choice(QTYPES), edns,
                 edns is not None and rng.random() < 0.3, rng.random() < 0.1, rng.random() < 0.03)


def _name(rng, owners, hiding, zone_set):
    chance = rng.random()
    base = rng.choice(hiding if hiding and rng.random() < 0.4 else owners)
    if chance < 0.35:
        name = base
    elif chance < 0.6:
        name = _prefix(rng) + base
    elif chance < 0.72:
        name = _prefix(rng) + base[1:]
    elif chance < 0.8:
        name = base[rng.randrange(len(base)):] or base
    elif chance < 0.88:
        name = (b"*",) + base[rng.randrange(2):]
    elif chance < 0.97:
        name = rng.choice(zone_set.targets)
    else:
        name = rng.choice([(b"www", b"nowhere"), base[:-1] + (b"x" + base[-1],),
                           (b"n" + zone_set.zones[0].origin[0],) + zone_set.zones[0].origin[1:]])
    if names.octets(name) > names.NAME_OCTETS_MAX:
        name = base
    return names.mixed_case(rng, name) if rng.random() < 0.3 else name


def _prefix(rng):
    if rng.random() < 0.06:  # long enough that a DNAME makes it too long
        return tuple(b"l" * 40 for _ in range(rng.choice([3, 4, 5])))
    return tuple(rng.choice([b"a", b"b", b"*", b"ns", b"zz", b"Www", b"x.y"])
                 for _ in range(rng.choice([1, 1, 1, 2, 3])))
