"""What two responses must share, and what each response of Tidemark must be by itself.

Compared (dns-answers section 5): rcode; AA, TC and the other flags no server chooses freely;
whether an OPT came back and with which DO; the answer section as a set, TTLs included; NS and SOA
of the authority section; in-domain glue of a referral. Left free: the order of records, authority
beside a positive answer (apex NS), additional data beyond in-domain glue, which RRset an ANY shows.
"""
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rdatatype

import names
import wire

# CD is copied by BIND and cleared by the others: dns-answers section 2 leaves it free.
FLAGS = 0xFFFF & ~0x0010 & ~0x000F
ADDRESSES = (wire.A, wire.AAAA)


class Reading:
    """A response in the terms of the comparison, by the cheap reader or by dnspython."""

    def __init__(self, rcode, flags, opt, sections):
        self.rcode, self.flags, self.opt, self.sections = rcode, flags, opt, sections

    def truncated(self):
        return bool(self.flags & wire.FLAG_TC)

    def key(self, query, apexes):
        """Equal for two responses that say the same."""
        head = (self.rcode, self.flags & FLAGS, self.opt)
        if self.truncated():
            return (*head, "truncated")
        answer, authority, additional = self.sections
        shown = frozenset(answer)
        if query.type == "ANY":
            shown = "something" if answer else "nothing"
        kept = frozenset(record for record in authority if record[1] in (wire.NS, wire.SOA)
                         and not (answer and record[1] == wire.NS and record[0] in apexes))
        return (*head, shown, kept, self.glue(additional, kept))

    @staticmethod
    def glue(additional, authority):
        cuts = [record[0] for record in authority if record[1] == wire.NS]
        return frozenset(record for record in additional if record[1] in ADDRESSES
                         and any(_wire_at_or_below(record[0], cut) for cut in cuts))


def _wire_at_or_below(name, top):
    at = 0
    while True:
        if name[at:] == top:
            return True
        if name[at] == 0:
            return False
        at += name[at] + 1


def read(message):
    response = wire.Response(message)
    return Reading(response.rcode, response.flags, response.opt and response.opt & 0xFFFFFF,
                   response.sections)


def read_with_dnspython(message):
    parsed = dns.message.from_wire(message, one_rr_per_rrset=True)
    sections = []
    for section in parsed.sections[1:]:
        sections.append([(rrset.name.canonicalize().to_wire(), int(rrset.rdtype),
                          int(rrset.rdclass), rrset.ttl, _rdata(rrset.rdtype, rdata))
                         for rrset in section for rdata in rrset])
    opt = None if parsed.edns < 0 else parsed.ednsflags & 0xFFFFFF
    return Reading(int(parsed.rcode()), int(parsed.flags), opt, sections)


def _rdata(rr_type, rdata):
    return rdata.to_digestable() if rr_type in wire.NAMES_IN else rdata.to_wire()


def unsound(query, message):
    """What is wrong with a response of Tidemark whatever the others say; None if nothing. (That it
    carries the id of its query is how it was found at all.)"""
    if message is None:
        return "no response"
    if len(message) > query.octets_max():
        return f"{len(message)} octets, {query.octets_max()} are allowed"
    question = names.wire(query.name) + query.wire[12 + names.octets(query.name):][:4]
    if message[12:12 + len(question)] != question:
        return "the question is not echoed as it was"
    try:
        reading = read_with_dnspython(message)
    except (dns.exception.DNSException, ValueError) as error:
        return f"dnspython cannot read it: {error!r}"
    for number, section in enumerate(reading.sections):
        if len(set(section)) != len(section):
            return f"a record stands twice in section {number + 1}"
    return _broken_order(query, reading.sections[0])


def _broken_order(query, answer):
    """The answer section tells its story forwards: each record continues the name before it."""
    name = names.wire(names.lower(query.name))
    for owner, rr_type, _, _, rdata in answer:
        if rr_type == wire.DNAME and owner != name:
            if not _wire_at_or_below(name, owner):
                return "a DNAME that redirects nothing so far"
            continue
        if owner != name:
            return "a record whose owner is not the name reached so far"
        if rr_type == wire.CNAME and query.type not in ("CNAME", "ANY"):
            name = rdata
        elif rr_type == wire.CNAME:
            name = None
    return None


class Case:
    """One question and the responses to it: of Tidemark first, then of the peers by name."""

    def __init__(self, zone_set, query, ours, theirs):
        self.zone_set, self.query, self.ours, self.theirs = zone_set, query, ours, theirs
        self.apexes = {names.wire(names.lower(origin)) for origin in zone_set.origins()}
        self.owners = {names.wire(owner) for zone in zone_set.zones for owner in zone.rrsets}

    def keys(self, reader):
        ours = reader(self.ours).key(self.query, self.apexes)
        theirs = {peer: None if message is None else reader(message).key(self.query, self.apexes)
                  for peer, message in self.theirs.items()}
        return ours, theirs

    def without_made_glue(self, reading):
        """Knot and NSD make glue out of wildcards below the cut; only what is written counts."""
        reading.sections[2] = [record for record in reading.sections[2]
                               if record[1] not in ADDRESSES or record[0] in self.owners]
        return reading

    def verdict(self):
        """"same", "minority" (two peers agree against us and one) or "alone"."""
        try:
            verdict = _verdict(*self.keys(read))
        except (wire.Malformed, TypeError):
            verdict = "alone"
        if verdict == "same" and self.query.type != "ANY":
            return verdict
        verdict = _verdict(*self.keys(read_with_dnspython))
        if verdict == "same" and self.query.type == "ANY" and not self._any_is_shown_by_some():
            return "alone"
        return verdict

    def _any_is_shown_by_some(self):
        """No server shows less than one RRset for ANY, but one shows all: ours must be of those."""
        ours = read_with_dnspython(self.ours)
        seen = set()
        for message in self.theirs.values():
            if message is not None:
                reading = read_with_dnspython(message)
                if reading.truncated():
                    return True
                seen.update(reading.sections[0])
        return seen.issuperset(ours.sections[0])


def _verdict(ours, theirs):
    """Alone: no peer's response equals ours, whether or not the peers agree with each other."""
    keys = list(theirs.values())
    agreeing = keys.count(ours)
    if agreeing == 0:
        return "alone"
    against = [key for key in keys if key != ours]
    if agreeing == 1 and any(against.count(key) >= 2 for key in against):
        return "minority"
    return "same"
