#!/usr/bin/python3
"""That the comparison can fail: one difference at a time, each is seen."""
import pathlib
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

try:
    import dns.flags
    import dns.message
    import dns.rrset
except ImportError:
    print("skipped: python3-dnspython is not installed")
    sys.exit(77)

import compare
import explained
import queries
import zones

NAME = (b"www", b"a", b"s1")


def query(rr_type="A", edns=None):
    return queries.Query(NAME, rr_type, edns, False, False, False)


def response(asked, answer=(), authority=(), additional=(), flags=dns.flags.AA, rcode=0):
    message = dns.message.make_response(dns.message.from_wire(asked.wire))
    message.flags |= flags
    message.set_rcode(rcode)
    for section, lines in ((message.answer, answer), (message.authority, authority),
                           (message.additional, additional)):
        section.extend(dns.rrset.from_text(*line.split(" ", 4)) for line in lines)
    return message.to_wire()


A = "www.a.s1. 60 IN A 192.0.2.1"
NS = "a.a.s1. 60 IN NS ns.a.a.s1."
GLUE = "ns.a.a.s1. 60 IN A 192.0.2.1"


def verdict(ours, theirs, asked=None):
    asked = asked or query()
    zone_set = zones.ZoneSet(1, [zones.Zone((b"a", b"s1"))], [])
    peers = dict(zip(("knot", "nsd", "bind"), theirs))
    return compare.Case(zone_set, asked, ours, peers).verdict()


class Verdict(unittest.TestCase):
    def test_equal_responses_are_the_same(self):
        one = response(query(), [A])
        self.assertEqual(verdict(one, [one] * 3), "same")

    def test_each_difference_is_seen(self):
        asked = query()
        ours = response(asked, [A], [NS], [GLUE])
        for theirs in (response(asked, [A], [NS], [GLUE], rcode=3),
                       response(asked, [A], [NS], [GLUE], flags=0),
                       response(asked, [A], [NS], [GLUE], flags=dns.flags.AA | dns.flags.TC),
                       response(asked, [], [NS], [GLUE]),
                       response(asked, [A.replace("60", "61")], [NS], [GLUE]),
                       response(asked, [A.replace("2.1", "2.2")], [NS], [GLUE]),
                       response(asked, [A], [], [GLUE]),
                       response(asked, [A], [NS], [])):
            self.assertEqual(verdict(ours, [theirs] * 3), "alone")

    def test_case_order_apex_ns_and_other_additional_are_free(self):
        asked = query()
        ours = response(asked, [A, A.replace("2.1", "2.2")])
        theirs = response(asked, [A.upper().replace("2.1", "2.2"), A], ["a.s1. 1 IN NS x.a.s1."],
                          ["x.a.s1. 1 IN A 192.0.2.9"])
        self.assertEqual(verdict(ours, [theirs] * 3), "same")

    def test_one_peer_against_two_is_a_minority(self):
        one, other = response(query(), [A]), response(query(), [A], rcode=3)
        self.assertEqual(verdict(one, [one, other, other]), "minority")
        self.assertEqual(verdict(one, [one, one, other]), "same")

    def test_silence_of_peers_is_no_agreement(self):
        self.assertEqual(verdict(response(query(), [A]), [None] * 3), "alone")

    def test_any_must_be_of_what_a_peer_shows(self):
        asked = query("ANY")
        theirs = response(asked, [A, "www.a.s1. 60 IN TXT one"])
        self.assertEqual(verdict(response(asked, [A]), [theirs] * 3, asked), "same")
        strange = response(asked, ["www.a.s1. 60 IN TXT two"])
        self.assertEqual(verdict(strange, [theirs] * 3, asked), "alone")

    def test_a_plain_difference_has_no_explanation(self):
        asked = query()
        ours, theirs = response(asked, [A]), response(asked, [], rcode=3)
        zone_set = zones.ZoneSet(1, [zones.Zone((b"a", b"s1"))], [])
        peers = dict.fromkeys(("knot", "nsd", "bind"), theirs)
        case = compare.Case(zone_set, asked, ours, peers)
        reading = compare.read_with_dnspython
        rule = explained.explain(
            case, reading(ours), {peer: reading(theirs) for peer in peers},
            lambda more: {server: [reading(message)] * len(more) for server, message
                          in [("tidemark", ours), *peers.items()]}, explained.ALONE)
        self.assertIsNone(rule)


class Unsound(unittest.TestCase):
    def test_a_good_response_is_not(self):
        self.assertIsNone(compare.unsound(query(), response(query(), [A])))

    def test_what_no_response_may_be(self):
        asked = query()
        good = response(asked, [A])
        chain = ["www.a.s1. 60 IN CNAME b.a.s1.", "b.a.s1. 60 IN A 192.0.2.1"]
        for message in (None, good[:-1], good + b"\0", good + bytes(600),
                        good[:13] + b"W" + good[14:], response(asked, chain[::-1])):
            self.assertIsNotNone(compare.unsound(asked, message))
        self.assertIsNone(compare.unsound(asked, response(asked, chain)))


if __name__ == "__main__":
    unittest.main()
