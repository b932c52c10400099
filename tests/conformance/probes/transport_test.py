"""Sizes, truncation, ANY, options, TCP and silence, on real sockets."""

import socket
import struct
import unittest

import dns.flags
import dns.rcode
import dns.rdatatype

from served import (CHILD, KEY, ZONE, Reply, Served, ServedTest, edns_packet, name_wire, opt,
                    option, packet, question, receive_tcp)

ANY, TXT, NS = 255, 16, 2


class Sizes(ServedTest):
    def expect_bare(self, reply, with_opt):
        self.assertTrue(reply.tc)
        self.assertEqual(reply.counts, [1, 0, 0, 1 if with_opt else 0])

    def test_s5_an_rrset_that_does_not_fit_is_left_out_whole(self):
        many = question("many.big.test")
        self.expect_bare(self.served.udp(packet(many)), False)
        for payload in (0, 100, 511, 512, 900):
            with self.subTest(payload=payload):
                self.expect_bare(self.served.udp(edns_packet(many, payload=payload)), True)
        whole = self.served.udp(edns_packet(many, payload=1232))
        self.assertEqual((whole.tc, whole.counts[1]), (False, 60))

    def test_s5_never_more_than_1232_octets_over_udp(self):
        huge = question("huge.big.test", TXT)
        for payload in (1232, 1233, 4096, 65535):
            with self.subTest(payload=payload):
                reply = self.served.udp(edns_packet(huge, payload=payload))
                self.expect_bare(reply, True)
                self.assertEqual(reply.message.payload, 1232)

    def test_s5_tcp_has_no_limit_and_no_tc(self):
        for message in (packet(question("huge.big.test", TXT)),
                        edns_packet(question("huge.big.test", TXT), payload=512)):
            reply = self.served.tcp(message)
            self.assertEqual((reply.tc, reply.counts[1]), (False, 100))
            self.assertGreater(len(reply.wire), 20000)

    def test_s5_in_domain_glue_is_all_or_tc(self):
        below = question("x.cut.big.test")
        self.expect_bare(self.served.udp(edns_packet(below, payload=1232)), True)
        whole = self.served.tcp(edns_packet(below))
        self.assertEqual(whole.counts, [1, 0, 40, 41])
        self.assertFalse(whole.aa)

    def test_s5_minimal_responses_have_no_other_sections(self):
        for name, kind in (("www", 1), ("mail", 15), ("service", 33), ("alias", 5)):
            with self.subTest(name=name):
                reply = self.served.udp(packet(question(f"{name}.probe.test", kind)))
                self.assertEqual(reply.counts[2:], [0, 0])

    def test_s5_records_come_in_canonical_order(self):
        for _ in range(3):
            reply = self.served.udp(packet(question("www.probe.test")))
            addresses = [rdata.address for rdata in reply.message.answer[0]]
            self.assertEqual(addresses, ["192.0.2.1", "192.0.2.2"])

    def test_s5_owners_equal_to_the_question_are_pointers_to_it(self):
        asked = question("WWW.probe.TEST")
        reply = self.served.udp(packet(asked))
        self.assertEqual(reply.wire[12 + len(asked):][:2], b"\xc0\x0c")

    def test_s5_srv_and_dname_targets_are_not_compressed_mx_and_ns_may_be(self):
        target = name_wire("www.probe.test")
        for name, kind, compressed in (("service", 33, False), ("moved", 39, False)):
            with self.subTest(name=name):
                reply = self.served.udp(packet(question(f"{name}.probe.test", kind)))
                self.assertIn(target, reply.wire[12 + len(question(f"{name}.probe.test")):])

    def test_s5_ns_at_the_apex_brings_addresses_of_this_zone(self):
        reply = self.served.udp(packet(question("probe.test", NS)))
        self.assertEqual(reply.counts, [1, 2, 0, 2])
        self.assertEqual(reply.records("additional"), ["ns1.probe.test. 300 A 192.0.2.53",
                                                       "ns1.probe.test. 300 AAAA 2001:db8::53"])


class Options(ServedTest):
    def ask(self, options, name="www.probe.test", tcp=False):
        message = edns_packet(question(name), options=options)
        return (self.served.tcp if tcp else self.served.udp)(message)

    def test_s6_nsid_whatever_the_query_put_into_it(self):
        for value in (b"", b"x", bytes(100)):
            self.assertEqual(self.ask(option(3, value)).option(3), b"probe-node")
        self.assertIsNone(self.ask(b"").option(3))

    def test_s6_what_is_ignored_is_not_echoed(self):
        ignored = (option(8, b"\0\1\x18\0\xc0\0\2") + option(9) + option(12, bytes(40))
                   + option(15, b"\0\3") + option(100, b"abc") + option(65535, b"x")
                   + option(5, b"\x08") + option(14))
        for tcp in (False, True):
            reply = self.ask(ignored, tcp=tcp)
            self.assertEqual((reply.rcode, reply.message.options), (0, ()))

    def test_s6_keepalive_is_told_over_tcp_when_asked(self):
        self.assertEqual(self.ask(option(11), tcp=True).option(11), b"\0\x64")
        self.assertIsNone(self.ask(b"", tcp=True).option(11))
        self.assertIsNone(self.ask(option(11)).option(11))

    def test_s6_options_come_in_any_order_and_twice(self):
        for options in (option(100) + option(3) + option(19), option(19) + option(3),
                        option(3) + option(3) + option(19)):
            reply = self.ask(options)
            self.assertEqual((reply.option(3), reply.option(19)),
                             (b"probe-node", b"\2\0\0\0\0\7"))
            self.assertEqual(len(reply.message.options), 2)

    def test_s6_zone_version_of_the_zone_of_the_question(self):
        versions = {"www.probe.test": 7, "nope.probe.test": 7, "x.cut.probe.test": 7,
                    "alias.probe.test": 7, "probe.test": 7}
        for name, serial in versions.items():
            with self.subTest(name=name):
                value = self.ask(option(19), name).option(19)
                self.assertEqual(value, b"\2\0" + struct.pack("!I", serial))
        self.assertEqual(self.ask(option(19), "www.child.probe.test").option(19),
                         b"\3\0" + struct.pack("!I", 9))

    def test_s6_flags_but_do_are_zero(self):
        for flags in (0x8000, 0xffff, 0x7fff, 0x4000, 0x0040):
            reply = self.served.udp(edns_packet(question("www.probe.test"), flags=0)
                                    [:-len(opt())] + opt(flags=flags))
            self.assertEqual(reply.message.ednsflags & 0xffff, flags & 0x8000)

    def test_s6_an_opt_comes_back_iff_there_was_one(self):
        self.assertFalse(self.served.udp(packet(question("www.probe.test"))).has_opt)
        for name in ("www", "nope", "x.cut", "alias"):
            self.assertTrue(self.ask(b"", f"{name}.probe.test").has_opt)

    def test_s6_a_query_larger_than_any_of_ours_is_answered_all_the_same(self):
        padded = edns_packet(question("www.probe.test"), options=option(12, bytes(1400)))
        self.assertEqual(self.served.udp(padded).rcode, dns.rcode.NOERROR)
        # Behind the receive buffer: what is left of it is no whole message. Never silence.
        for octets in (2100, 9000, 60000):
            padded = edns_packet(question("www.probe.test"), options=option(12, bytes(octets)))
            self.assertEqual(self.served.udp(padded).header_rcode, dns.rcode.FORMERR)
            self.assertEqual(self.served.tcp(padded).rcode, dns.rcode.NOERROR)


class AnyAndChaos(ServedTest):
    def test_s7_any_is_one_rrset_over_udp_and_all_over_tcp(self):
        asked = packet(question("www.probe.test", ANY))
        udp, tcp = self.served.udp(asked), self.served.tcp(asked)
        self.assertEqual((udp.tc, len(udp.message.answer), udp.rcode), (False, 1, 0))
        self.assertEqual({rrset.rdtype for rrset in tcp.message.answer}, {1, 16})
        self.assertTrue(udp.aa and tcp.aa)

    def test_s7_any_of_other_kinds_of_names(self):
        cases = {"alias": (0, [5], []), "ent": (0, [], [6]), "nope": (3, [], [6]),
                 "x.cut": (0, [], [2]), "x.moved": (0, [39, 5], [])}
        for name, (rcode, answer, authority) in cases.items():
            for ask in (self.served.udp, self.served.tcp):
                with self.subTest(name=name):
                    reply = ask(packet(question(f"{name}.probe.test", ANY)))
                    self.assertEqual(reply.rcode, rcode)
                    self.assertEqual([r.rdtype for r in reply.message.answer], answer)
                    self.assertEqual([r.rdtype for r in reply.message.authority], authority)

    def test_s7_no_hinfo_is_made_up(self):
        reply = self.served.udp(packet(question("www.probe.test", ANY)))
        self.assertNotIn(13, [rrset.rdtype for rrset in reply.message.answer])


class Tcp(ServedTest):
    def test_s10_many_messages_in_one_segment_are_all_answered(self):
        messages = b"".join(
            struct.pack("!H", len(one)) + one
            for one in (packet(question("www.probe.test"), ident=i) for i in range(100)))
        with self.served.socket(socket.SOCK_STREAM) as client:
            client.sendall(messages)
            seen = {Reply(receive_tcp(client)).ident for _ in range(100)}
        self.assertEqual(seen, set(range(100)))

    def test_s10_a_message_may_come_octet_by_octet(self):
        one = edns_packet(question("www.probe.test"))
        with self.served.socket(socket.SOCK_STREAM) as client:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for octet in struct.pack("!H", len(one)) + one:
                client.sendall(bytes([octet]))
            self.assertEqual(Reply(receive_tcp(client)).counts[1], 2)

    def test_s10_a_client_that_ends_its_side_still_gets_its_answers(self):
        one = packet(question("huge.big.test", TXT))
        with self.served.socket(socket.SOCK_STREAM) as client:
            client.sendall((struct.pack("!H", len(one)) + one) * 10)
            client.shutdown(socket.SHUT_WR)
            for _ in range(10):
                self.assertEqual(Reply(receive_tcp(client)).counts[1], 100)
            self.assertEqual(client.recv(1), b"")

    def test_s10_udp_and_tcp_say_the_same(self):
        for name, kind in (("www", 1), ("alias", 1), ("nope", 1), ("ent", 1), ("x.cut", 1),
                           ("x.wild", TXT), ("www", 28), ("x.moved", 1), ("", 6)):
            message = edns_packet(question(f"{name}.probe.test".lstrip("."), kind))
            self.assertEqual(self.served.udp(message).wire, self.served.tcp(message).wire)

    def test_s10_a_message_of_65535_octets_is_read(self):
        one = edns_packet(question("www.probe.test"))
        padding = 65535 - len(one) - 4
        one = edns_packet(question("www.probe.test"), options=option(12, bytes(padding)))
        self.assertEqual(len(one), 65535)
        self.assertEqual(self.served.tcp(one).counts[1], 2)


class Silence(ServedTest):
    def test_s10_no_reply_is_ever_answered(self):
        """Two servers spoofed at each other say nothing: each kind of reply gets silence."""
        asked = {
            "answer": packet(question("www.probe.test")),
            "nxdomain": packet(question("x.probe.test")),
            "refused": packet(question("else.test")), "notimp": packet(opcode=4),
            "formerr": packet(counts=(2, 0, 0, 0)), "update": packet(opcode=5),
            "badvers": edns_packet(question("www.probe.test"), version=9),
            "tc": packet(question("huge.big.test", TXT)),
            "referral": packet(question("x.cut.probe.test")),
            "chaos": packet(question("version.bind", TXT, 3))}
        for name, message in asked.items():
            with self.subTest(kind=name):
                self.assertTrue(self.served.is_silent(self.served.udp(message).wire))

    def test_s10_two_servers_spoofed_at_each_other_fall_silent(self):
        try:
            raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP)
        except PermissionError:
            self.skipTest("no permission for raw sockets")
        other = Served([ZONE.format(key=KEY), CHILD])
        self.addCleanup(other.stop)
        before = self.served.metric("tidemark_silent_total")
        with raw:
            for message in (packet(question("www.probe.test")), packet(opcode=4), packet()):
                # "from" the other server: this one's reply goes there, and must end there.
                raw.sendto(struct.pack("!4H", other.port, self.served.port, 8 + len(message), 0)
                           + message, ("127.0.0.1", 0))
        self.assertEqual(self.served.udp(packet(question("www.probe.test"))).counts[1], 2)
        self.assertEqual(other.udp(packet(question("www.probe.test"))).counts[1], 2)
        self.assertEqual(self.served.udp(packet(question("www.probe.test"))).counts[1], 2)
        self.assertEqual(self.served.metric("tidemark_silent_total"), before)
        self.assertEqual(other.metric("tidemark_silent_total"), 3)

    def test_s10_a_query_from_port_0_gets_silence(self):
        try:
            raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP)
        except PermissionError:
            self.skipTest("no permission for raw sockets")
        before = self.served.metric("tidemark_silent_total")
        message = packet(question("www.probe.test"))
        with raw:
            raw.sendto(struct.pack("!4H", 0, self.served.port, 8 + len(message), 0) + message,
                       ("127.0.0.1", 0))
        self.served.udp(message)
        self.assertEqual(self.served.metric("tidemark_silent_total"), before + 1)


if __name__ == "__main__":
    unittest.main()
