"""The reviewed list: where Tidemark may stand alone, or with one peer against two, and why.

A rule says when it applies as narrowly as it can: it looks at Tidemark's own response, and may ask
the peers again. A case that no rule covers is a failure. Each rule has the clause it rests on, the
reason, and an example that `run` shows in full.
"""
import compare
import queries
import steps
import wire


class Rule:
    def __init__(self, name, clause, reason, example, applies):
        self.name, self.clause, self.reason, self.example = name, clause, reason, example
        self.applies = applies  # (Case, our Reading, {peer: Reading or None}, ask) -> bool


def _followed(case, ours, theirs, ask):
    return steps.is_confirmed(case, ours, ask)


def _over_tcp(case, ask):
    """{server: Reading} of the same question without a limit of octets."""
    asked = case.query
    answers = ask([queries.Query(asked.name, asked.type, asked.edns, asked.dnssec_ok,
                                 asked.recursion, True)])
    return {server: readings[0] for server, readings in answers.items()}


def _truncated(case, ours, theirs, ask):
    if not ours.truncated():
        return False
    whole = _over_tcp(case, ask)
    ours_whole = whole.pop("tidemark")
    return ours_whole is not None and (
        _confirmed_by(case, ours_whole, whole) >= steps.CONFIRMED_BY
        or steps.is_confirmed(case, ours_whole, ask))


def _peers_truncated(case, ours, theirs, ask):
    if ours.truncated():
        return False
    whole = _over_tcp(case, ask)
    whole.pop("tidemark")
    cut = [peer for peer, reading in theirs.items()
           if reading and (reading.truncated() or _lacks_glue(reading, whole[peer]))]
    return bool(cut) and _confirmed_by(case, ours, whole) >= steps.CONFIRMED_BY


def _lacks_glue(reading, whole):
    """UDP shows less of the additional section than TCP, without TC."""
    return whole is not None and set(reading.sections[2]) < set(whole.sections[2])


def _glue_of_wildcards(case, ours, theirs, ask):
    made = [record for reading in theirs.values() if reading for record in reading.sections[2]
            if record[1] in compare.ADDRESSES and record[0] not in case.owners]
    whole = _over_tcp(case, ask)
    whole.pop("tidemark")
    return bool(made) and _confirmed_by(case, ours, whole) >= steps.CONFIRMED_BY


def _confirmed_by(case, ours, theirs):
    key = ours.key(case.query, case.apexes)
    return sum(1 for reading in theirs.values()
               if reading is not None and reading.key(case.query, case.apexes) == key)


def _any_below_dname(case, ours, theirs, ask):
    return (case.query.type == "ANY"
            and [record[1] for record in ours.sections[0]] == [wire.DNAME, wire.CNAME])


def _ds_of_undelegated(case, ours, theirs, ask):
    _, last, tail = steps.take_apart(case.query, ours.sections[0])
    return case.query.type == "DS" and ours.rcode == 0 and not tail and last in case.apexes


FOLLOWED = Rule(
    "each step of a chain is confirmed",
    "RFC 1034 section 4.3.2 step 3a, RFC 6604; dns-answers section 3, chain rule",
    "Knot ends a chain at the border of its zone or after five, BIND at the border or with "
    "SERVFAIL, NSD mixes the names of all its zones when it looks for the last one. Two of the "
    "three, asked for each name of the chain directly, say what Tidemark says.",
    "--seed 1 --set 3 --case 24", _followed)
TRUNCATED = Rule(
    "TC on UDP, confirmed on TCP",
    "RFC 9471 section 3.1, RFC 2181 section 9; dns-answers section 5",
    "Tidemark sends required data whole or nothing of it, and points less often at names that it "
    "wrote before; so it truncates where a peer sends a part, or has just room for all. Over TCP "
    "two of the three say what Tidemark says.",
    "--seed 1 --set 40 --case 7", _truncated)
PEERS_TRUNCATED = Rule(
    "peers send less on UDP, confirmed on TCP",
    "RFC 9471 sections 3.1 and 3.2; dns-answers sections 4 and 5",
    "The required data fits, all glue does not: Tidemark leaves out what is not required, Knot and "
    "BIND set TC, NSD and BIND leave out required glue without TC. Over TCP two of the three say "
    "what Tidemark says.",
    "--seed 1 --set 52 --case 45", _peers_truncated)
GLUE_OF_WILDCARDS = Rule(
    "glue that peers make out of a wildcard",
    "RFC 9471 section 3.1, RFC 4592 section 4.4; dns-answers section 5",
    "Glue is what is written at the very name of the NS target. Knot and NSD also synthesise it "
    "from a wildcard below the cut, Tidemark and BIND never. Over TCP and without that glue two "
    "of the three say what Tidemark says.",
    "--seed 1 --set 319 --case 24", _glue_of_wildcards)
ANY_BELOW_DNAME = Rule(
    "ANY below a DNAME",
    "RFC 8482 section 4.1; dns-answers section 7",
    "The DNAME and its CNAME answer ANY, as in BIND; Knot and NSD go on to the target.",
    "--seed 1 --set 0 --case 59", _any_below_dname)
DS_OF_UNDELEGATED = Rule(
    "DS of a hosted zone that its hosted parent does not delegate",
    "RFC 4035 section 3.1.4.1, RFC 8020",
    "The parent answers, and its SOA denies the DS; the name exists all the same, as this server "
    "itself serves it. NSD says so too; Knot and BIND say NXDOMAIN, which would deny the whole "
    "child, and at the end of a chain they answer from the child.",
    "--seed 1 --set 15 --case 17", _ds_of_undelegated)

ALONE = [FOLLOWED, TRUNCATED, GLUE_OF_WILDCARDS, PEERS_TRUNCATED]
MINORITY = [*ALONE, ANY_BELOW_DNAME, DS_OF_UNDELEGATED]


def explain(case, ours, theirs, ask, rules):
    """The first rule that covers the case, or None."""
    return next((rule for rule in rules if rule.applies(case, ours, theirs, ask)), None)
