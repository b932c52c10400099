"""An answer that follows aliases, taken apart: each step can be asked for on its own.

Servers differ in how far they follow (dns-answers section 3): Knot five CNAMEs within a zone, BIND
not into another zone, NSD 22 and across zones. What they do not differ in is each step. So a long
answer is right if two peers, asked directly for each name on the way, give that step.
"""
import names
import queries
import wire

ALIASES_MAX = 9  # the ninth is shown and not followed: dns-answers section 3, chain rule
CONFIRMED_BY = 2
YXDOMAIN = 6


class Step:
    def __init__(self, name, records, target):
        self.name, self.records, self.target = name, records, target


def take_apart(query, answer):
    """The steps of an answer, and what stands after the last alias."""
    name, steps, waiting = names.wire(names.lower(query.name)), [], []
    known = {}  # a DNAME that redirects again stands only once
    for place, record in enumerate(answer):
        owner, rr_type, _, _, rdata = record
        if rr_type == wire.DNAME and owner != name:
            waiting.append(record)
            known[owner] = record
        elif rr_type == wire.CNAME and owner == name and query.type not in ("CNAME", "ANY"):
            steps.append(Step(name, [*waiting, record], rdata))
            name, waiting = rdata, []
        else:
            return steps, name, answer[place:]
    return steps, name, waiting


def labels(name):
    found, at = [], 0
    while name[at]:
        found.append(name[at + 1:at + 1 + name[at]])
        at += name[at] + 1
    return tuple(found)


def is_confirmed(case, ours, ask):
    """Two peers give each step when asked for it; `ask(queries)`: {server: Readings}."""
    if ours.truncated():
        return False
    # BIND and Knot follow no CNAME for RRSIG, which may stand beside it in a signed zone. Here are
    # none, so that it is a type like any other.
    rr_type = "TYPE1234" if case.query.type == "RRSIG" else case.query.type
    steps, last, tail = take_apart(case.query, ours.sections[0])
    if not steps or not ours.flags & wire.FLAG_AA:
        return False
    asked = [queries.Query(labels(name), rr_type, 1232, False, False, True)
             for name in [step.name for step in steps] + [last]]
    answers = {server: readings for server, readings in ask(asked).items()
               if server != "tidemark"}
    for place, step in enumerate(steps):
        if _count(answers, place, lambda one, step=step: _shows(one, step)) < CONFIRMED_BY:
            return False
    if is_left_there(steps, last, ours):
        return True
    rest = (ours.rcode, frozenset(tail), ours.sections[1], ours.sections[2], ours.sections[0])
    return _count(answers, len(steps), lambda one: _ends(one, rest, case)) >= CONFIRMED_BY


def is_left_there(steps, last, ours):
    """The chain rule: a loop, or one alias too many; nothing is said about the last name."""
    loops = last in [step.name for step in steps]
    return ((loops or len(steps) == ALIASES_MAX) and ours.rcode == 0 and ours.sections[1] == []
            and sum(len(step.records) for step in steps) == len(ours.sections[0]))


def _count(answers, place, confirms):
    return sum(1 for readings in answers.values()
               if readings[place] is not None and confirms(readings[place]))


def _shows(reading, step):
    return reading.flags & wire.FLAG_AA and set(step.records) <= set(reading.sections[0])


def _ends(reading, rest, case):
    rcode, answer, authority, additional, said = rest
    if reading.rcode == 5:  # not hosted: the chain ends with what it has
        return rcode == 0 and not answer and not authority
    if rcode == YXDOMAIN:  # asked alone, its DNAME stands there; here it may have stood before
        return reading.rcode == rcode and set(reading.sections[0]) <= set(said)
    theirs = frozenset(reading.sections[0])
    kept = [frozenset(record for record in section if record[1] in (wire.NS, wire.SOA)
                      and not (answer and record[0] in case.apexes))
            for section in (authority, reading.sections[1])]
    return (reading.rcode == rcode and theirs == answer and kept[0] == kept[1]
            and reading.glue(additional, kept[0]) == reading.glue(reading.sections[2], kept[1]))
