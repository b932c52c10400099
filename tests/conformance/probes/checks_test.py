"""From bytes to a question: the checks on a message, its header, opcode, class and type.

Raw octets over real sockets, UDP and TCP alike; replies are read by dnspython. In the names, cNN is
the check's number in the order in which they are made.
"""

import socket
import struct
import unittest

import dns.flags
import dns.opcode
import dns.rcode

from served import (CASES, ServedTest, edns_packet, name_wire, opt, option, packet, question,
                    receive_tcp)

WWW = question("www.probe.test")
FORMERR, NOTIMP, REFUSED, NOTAUTH = (dns.rcode.FORMERR, dns.rcode.NOTIMP, dns.rcode.REFUSED,
                                     dns.rcode.NOTAUTH)
NONSENSE = b"\xff\x00\xc0\x0c" * 8
A_RECORD = b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 60, 4) + b"\xc0\x00\x02\x01"
SOA_RECORD = b"\0" + struct.pack("!HHIH", 6, 1, 0, 22) + bytes(22)


def tsig(key="key"):
    rdata = name_wire("hmac-sha256") + bytes(5) + b"\x01\x01\x2c" + struct.pack("!H", 16) + bytes(
        16) + struct.pack("!HHH", 0x1234, 0, 0)
    return name_wire(key) + struct.pack("!HHIH", 250, 255, 0, len(rdata)) + rdata


def longest_name(octets):
    """A name below probe.test of that many octets."""
    apex = name_wire("probe.test")
    left = octets - len(apex)
    labels = b""
    while left:
        size = min(63, left - 1)
        if left - size - 1 == 1:  # never leave room for half a label
            size -= 1
        labels += bytes([size]) + b"l" * size
        left -= size + 1
    return labels + apex


class Checks(ServedTest):
    def each(self, cases):
        """(subTest to enter, packet, reply) for every packet over both transports."""
        for name, message in cases.items():
            for transport, ask in CASES.items():
                shown = self.subTest(case=name, transport=transport)
                yield shown, message, ask(self.served, message)

    def expect_header_only(self, cases, rcode):
        for case, message, reply in self.each(cases):
            with case:
                self.assertTrue(reply.header_only(), reply.wire)
                self.assertEqual(reply.header_rcode, rcode)
                self.assertEqual(reply.ident, 0x1234)

    def expect_echo(self, cases, rcode, with_opt):
        for case, message, reply in self.each(cases):
            with case:
                self.assertEqual(reply.rcode, rcode)
                self.assertEqual(reply.counts[0], 1)
                self.assertEqual(reply.wire[12:12 + len(WWW)], message[12:12 + len(WWW)])
                self.assertEqual((reply.counts[1], reply.counts[2]), (0, 0))
                self.assertEqual(reply.has_opt, with_opt)
                self.assertFalse(reply.aa)

    # 1: silence

    def test_c01_fewer_than_12_octets_get_silence(self):
        for octets in range(12):
            with self.subTest(octets=octets):
                self.assertTrue(self.served.is_silent(packet(WWW)[:octets]))

    def test_c01_a_response_gets_silence(self):
        for bits in (0x8000, 0x8400, 0x8180, 0xa800, 0xf80f):
            with self.subTest(bits=hex(bits)):
                self.assertTrue(self.served.is_silent(packet(WWW, flags=bits)))

    def test_c01_on_tcp_the_connection_is_closed(self):
        for name, message in {"short": packet(WWW)[:11], "empty": b"",
                              "response": packet(WWW, flags=0x8000)}.items():
            with self.subTest(case=name):
                with self.served.socket(socket.SOCK_STREAM) as client:
                    client.sendall(struct.pack("!H", len(message)) + message)
                    self.assertEqual(receive_tcp(client), b"")

    # 2: opcodes, before anything else is looked at

    def test_c02_other_opcodes_get_a_header_with_notimp(self):
        for code in (1, 2, 3, 4, *range(6, 16)):
            with self.subTest(opcode=code):
                cases = {"question": packet(WWW, opcode=code),
                         "edns": edns_packet(WWW, flags=code << 11, version=1),
                         "nonsense": packet(opcode=code, counts=(9, 9, 9, 9), tail=NONSENSE)}
                for case, message, reply in self.each(cases):
                    with case:
                        self.assertTrue(reply.header_only(), reply.wire)
                        self.assertEqual((reply.header_rcode, reply.opcode), (NOTIMP, code))

    def test_c02_update_is_refused_with_a_header(self):
        cases = {"question": packet(WWW, opcode=5),
                 "nonsense": packet(opcode=5, counts=(1, 2, 3, 4), tail=NONSENSE)}
        for case, message, reply in self.each(cases):
            with case:
                self.assertTrue(reply.header_only(), reply.wire)
                self.assertEqual((reply.header_rcode, reply.opcode), (REFUSED, 5))

    def test_c02_the_proxy_signature_is_an_unknown_opcode(self):
        signature = b"\r\n\r\n\0\r\nQUIT\n"
        reply = self.served.udp(signature)
        self.assertTrue(reply.header_only())
        self.assertEqual((reply.header_rcode, reply.opcode), (NOTIMP, 1))

    # 3, 4, 5: the question

    def test_c03_no_question_is_formerr(self):
        self.expect_header_only({"none": packet(), "counted": packet(additional=1)}, FORMERR)
        for case, message, reply in self.each({"opt": edns_packet(), "nsid": edns_packet(
                options=option(3))}):
            with case:
                self.assertEqual(reply.header_rcode, FORMERR)
                self.assertEqual(reply.counts[:3], [0, 0, 0])

    def test_c04_two_questions_are_formerr(self):
        self.expect_header_only({
            "two": packet(WWW, WWW),
            "counted only": packet(WWW, counts=(2, 0, 0, 0)),
            "65535": packet(WWW, counts=(65535, 0, 0, 0)),
            "with edns": packet(WWW, WWW, additional=1, tail=opt())}, FORMERR)

    def test_c05_a_question_that_does_not_parse_is_formerr(self):
        end = struct.pack("!HH", 1, 1)
        self.expect_header_only({
            "pointer": packet(b"\xc0\x0c" + end),
            "pointer behind a label": packet(b"\3www\xc0\x0c" + end),
            "pointer forward": packet(b"\xc0\xff" + end),
            "label type 01": packet(b"\x41w\0" + end),
            "label type 10": packet(b"\x81w\0" + end),
            "256 octets": packet(longest_name(256) + end),
            "no end": packet(b"\3www"),
            "label cut short": packet(b"\x09www"),
            "no class": packet(name_wire("www") + b"\0\1"),
            "no type": packet(name_wire("www"))}, FORMERR)

    def test_c05_the_longest_names_are_answered(self):
        most_labels = b"\1a" * 121 + name_wire("probe.test")
        self.assertEqual(len(most_labels), 254)
        for case, message, reply in self.each({
                "255 octets": packet(question(longest_name(255))),
                "123 labels": packet(question(most_labels)),
                "127 labels": packet(question(b"\1a" * 127 + b"\0"))}):
            with case:
                self.assertIn(reply.rcode, (dns.rcode.NXDOMAIN, REFUSED))
                self.assertEqual(reply.wire[12:12 + len(message) - 12], message[12:])

    # 6, 7: what follows the question

    def test_c06_records_in_answer_or_authority_are_formerr(self):
        self.expect_echo({
            "answer": packet(WWW, counts=(1, 1, 0, 0), tail=A_RECORD),
            "authority": packet(WWW, counts=(1, 0, 1, 0), tail=A_RECORD),
            "counted only": packet(WWW, counts=(1, 1, 0, 0))}, FORMERR, False)

    def test_c06_an_ixfr_with_its_soa_is_refused(self):
        asked = question("probe.test", 251)
        for case, message, reply in self.each({"ixfr": packet(asked, counts=(1, 0, 1, 0),
                                                        tail=SOA_RECORD)}):
            with case:
                self.assertEqual(reply.rcode, REFUSED)

    def test_c11_a_transfer_is_refused_with_ede_18(self):
        for kind in (251, 252):
            for name in ("probe.test", "else.test"):
                asked = edns_packet(question(name, kind))
                for case, _, reply in self.each({f"{name} {kind}": asked}):
                    with case:
                        self.assertEqual(reply.rcode, REFUSED)
                        self.assertEqual(reply.option(15), b"\0\x12")

    def test_c07_other_additional_records_and_octets_left_over_are_formerr(self):
        self.expect_echo({
            "a record": packet(WWW, additional=1, tail=A_RECORD),
            "opt and a record": packet(WWW, additional=2, tail=opt() + A_RECORD),
            "tsig not last": packet(WWW, additional=2, tail=tsig() + opt()),
            "two tsig": packet(WWW, additional=2, tail=tsig() + tsig()),
            "count overruns": packet(WWW, additional=2, tail=opt()),
            "octets left over": packet(WWW, tail=b"\0"),
            "octets behind opt": edns_packet(WWW) + b"\0"}, FORMERR, False)

    def test_c07_a_tsig_is_notauth_with_badkey(self):
        for case, message, reply in self.each({"tsig": packet(WWW, additional=1, tail=tsig()),
                                         "opt, tsig": packet(WWW, additional=2,
                                                             tail=opt() + tsig())}):
            with case:
                self.assertEqual(reply.header_rcode, NOTAUTH)
                self.assertEqual((reply.counts[1], reply.counts[2]), (0, 0))
                self.assertEqual(reply.wire[-4:], b"\0\x11\0\0")  # error BADKEY, no other octets
                with_opt = message.count(opt()) == 1
                self.assertEqual(reply.counts[3], 2 if with_opt else 1, "OPT iff in the query")

    # 8, 9, 10: EDNS

    def test_c08_a_broken_opt_is_formerr_without_opt(self):
        overrun = b"\0" + struct.pack("!HHIH", 41, 1232, 0, 9) + b"\0\3\0\0"
        self.expect_echo({
            "two": packet(WWW, additional=2, tail=opt() + opt()),
            "owner": packet(WWW, additional=1, tail=opt(owner=name_wire("x"))),
            "owner a pointer to a root": packet(WWW, additional=1, tail=opt(owner=b"\xc0\x1b")),
            "rdata overrun": packet(WWW, additional=1, tail=overrun),
            "option overrun": edns_packet(WWW, options=b"\0\3\0\1"),
            "half an option": edns_packet(WWW, options=b"\0\3\0")}, FORMERR, False)

    def test_c09_a_higher_edns_version_is_badvers_before_all_that_follows(self):
        for version in (1, 2, 255):
            cases = {
                "hosted": edns_packet(WWW, version=version, options=option(3)),
                "not hosted": edns_packet(question("else.test"), version=version),
                "class": edns_packet(question("www.probe.test", 1, 4), version=version),
                "meta type": edns_packet(question("www.probe.test", 252), version=version),
                "cookie malformed": edns_packet(WWW, version=version, options=option(10, b"1"))}
            for case, message, reply in self.each(cases):
                with case:
                    self.assertEqual(reply.rcode, dns.rcode.BADVERS)
                    self.assertEqual(reply.header_rcode, 0)
                    self.assertEqual((reply.message.edns, reply.message.options), (0, ()))
                    self.assertEqual(reply.counts, [1, 0, 0, 1])
                    self.assertFalse(reply.aa)

    def test_c10_a_malformed_cookie_is_formerr_with_opt(self):
        self.expect_echo({
            str(octets): edns_packet(WWW, options=option(10, bytes(octets)))
            for octets in (0, 1, 7, 9, 15, 41)}, FORMERR, True)

    def test_c10_a_zone_version_with_octets_is_formerr_with_opt(self):
        self.expect_echo({"1": edns_packet(WWW, options=option(19, b"\0"))}, FORMERR, True)

    # 11: class and type

    def test_c11_other_classes_are_refused_with_ede_21(self):
        for code in (0, 2, 4, 5, 254, 255, 65535):
            with self.subTest(rr_class=code):
                asked = question("www.probe.test", 1, code)
                for case, message, reply in self.each({"edns": edns_packet(asked)}):
                    with case:
                        self.assertEqual(reply.rcode, REFUSED)
                        self.assertEqual(reply.option(15), b"\0\x15")
                        self.assertEqual(reply.counts, [1, 0, 0, 1])

    def test_c11_chaos_is_refused(self):
        for name in ("id.server", "hostname.bind", "version.server", "version.bind",
                     "www.probe.test"):
            for kind in (1, 16, 255):
                with self.subTest(name=name, type=kind):
                    for case, _, reply in self.each({"": packet(question(name, kind, 3))}):
                        with case:
                            self.assertEqual(reply.rcode, REFUSED)
                            self.assertFalse(reply.aa)

    def test_c11_meta_types_have_their_rcodes(self):
        expected = {252: REFUSED, 251: REFUSED, 253: NOTIMP, 254: NOTIMP, 41: FORMERR, 250: FORMERR,
                    249: FORMERR, 128: FORMERR}
        for kind, rcode in expected.items():
            asked = question("www.probe.test", kind)
            for case, message, reply in self.each({str(kind): packet(asked)}):
                with case:
                    self.assertEqual(reply.rcode, rcode)
                    self.assertEqual(reply.counts, [1, 0, 0, 0])
                    self.assertFalse(reply.aa)

    def test_c11_nxname_has_ede_30(self):
        for case, _, reply in self.each({"": edns_packet(question("www.probe.test", 128))}):
            with case:
                self.assertEqual(reply.option(15), b"\0\x1e")

    def test_c11_types_0_and_65535_are_ordinary(self):
        for kind in (0, 65535, 65400, 1000, 127, 256):
            for case, _, reply in self.each({str(kind): packet(question("www.probe.test", kind))}):
                with case:
                    self.assertEqual((reply.rcode, reply.counts[1], reply.counts[2]), (0, 0, 1))
                    self.assertTrue(reply.aa)

    # 12

    def test_c12_a_name_outside_every_zone_is_refused_with_ede_20(self):
        for name in (".", "test", "else.test", "xprobe.test", "www.xprobe.test", "probe.test.x"):
            asked = edns_packet(question(name), options=option(19))
            for case, _, reply in self.each({name: asked}):
                with case:
                    self.assertEqual(reply.rcode, REFUSED)
                    self.assertEqual(reply.option(15), b"\0\x14")
                    self.assertIsNone(reply.option(19), "never with REFUSED")
                    self.assertEqual(reply.counts, [1, 0, 0, 1])
                    self.assertFalse(reply.aa)

    def test_c12_without_opt_there_is_no_ede(self):
        for case, _, reply in self.each({"": packet(question("else.test"))}):
            with case:
                self.assertEqual(reply.counts, [1, 0, 0, 0])

    # The header

    def test_header_bits_of_the_query_do_not_come_back_but_rd(self):
        for bits in (0x0400, 0x0200, 0x0100, 0x0080, 0x0040, 0x0020, 0x0010, 0x000f, 0x07ff):
            for case, _, reply in self.each({hex(bits): packet(WWW, flags=bits)}):
                with case:
                    self.assertEqual(reply.bits, 0x8400 | (bits & dns.flags.RD))
                    self.assertEqual(reply.counts[1], 2)

    def test_header_id_and_question_come_back_bit_by_bit(self):
        for ident in (0, 1, 0xffff):
            asked = question("wWW.pRoBe.TEST", 28)
            for case, _, reply in self.each({str(ident): packet(asked, ident=ident)}):
                with case:
                    self.assertEqual(reply.ident, ident)
                    self.assertEqual(reply.wire[12:12 + len(asked)], asked)


if __name__ == "__main__":
    unittest.main()
