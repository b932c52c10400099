"""The probes of RFC 8906 section 8, and what operators ask beside them, with dig and kdig."""

import re
import unittest

from served import ServedTest

ZONE = "probe.test"
PLAIN = ("+noedns", "+noad", "+norec")


class Seen:
    """What dig prints, as values."""

    def __init__(self, text):
        self.text = text
        head = re.search(r"opcode: (\w+), status: (\w+), id: \d+", text)
        self.opcode, self.status = head.groups() if head else (None, None)
        self.flags = set(re.search(r";; flags:([^;]*);", text)[1].split())
        self.must_be_zero = "MBZ" in text.split(";; QUESTION")[0]
        self.questions, self.answers, self.authorities, self.additionals = (
            int(re.search(r"\b" + section + r": (\d+)", text)[1])
            for section in ("QUERY", "ANSWER", "AUTHORITY", "ADDITIONAL"))
        edns = re.search(r"EDNS: version: (\d+), flags:([^;]*); (?:MBZ: (\w+), )?udp: (\d+)", text)
        self.edns = int(edns[1]) if edns else None
        self.edns_flags = set(edns[2].split()) if edns else set()
        self.edns_unknown_flags = edns[3] if edns else None
        self.payload = int(edns[4]) if edns else None
        opt = re.search(r";; OPT PSEUDOSECTION:\n((?:; .*\n)*)", text)
        self.opt_lines = [line for line in (opt[1].splitlines() if opt else [])
                          if not line.startswith("; EDNS:")]


class DigProbes(ServedTest):
    def ask(self, *arguments):
        return Seen(self.served.dig(*arguments))

    def expect_soa(self, seen):
        """RFC 8906: NOERROR, the SOA in answer, AA, no RA, AD or CD."""
        self.assertEqual(seen.status, "NOERROR", seen.text)
        self.assertEqual((seen.answers, seen.authorities), (1, 0), seen.text)
        self.assertIn("\tSOA\t", seen.text)
        self.assertTrue({"qr", "aa"} <= seen.flags, seen.text)
        self.assertFalse({"ra", "ad", "cd", "tc"} & seen.flags, seen.text)
        self.assertFalse(seen.must_be_zero, seen.text)

    def expect_bad_version(self, seen):
        self.assertEqual(seen.status, "BADVERS", seen.text)
        self.assertEqual(seen.edns, 0, seen.text)
        self.assertEqual((seen.answers, seen.authorities), (0, 0), seen.text)
        self.assertNotIn("aa", seen.flags, seen.text)

    # RFC 8906 section 8.1: without EDNS

    def test_8_1_1_a_plain_soa_query(self):
        seen = self.ask(*PLAIN, "soa", ZONE)
        self.expect_soa(seen)
        self.assertIsNone(seen.edns, seen.text)
        self.assertNotIn("rd", seen.flags)

    def test_8_1_2_an_unknown_type_is_noerror_and_empty(self):
        seen = self.ask(*PLAIN, "type1000", ZONE)
        self.assertEqual((seen.status, seen.answers), ("NOERROR", 0), seen.text)
        self.assertEqual(seen.authorities, 1, seen.text)
        self.assertIn("aa", seen.flags)

    def test_8_1_3_1_cd_is_not_copied(self):
        self.expect_soa(self.ask(*PLAIN, "+cd", "soa", ZONE))

    def test_8_1_3_2_ad_does_not_come_back(self):
        self.expect_soa(self.ask("+noedns", "+norec", "+ad", "soa", ZONE))

    def test_8_1_3_3_the_reserved_bit_does_not_come_back(self):
        self.expect_soa(self.ask(*PLAIN, "+zflag", "soa", ZONE))

    def test_8_1_3_4_rd_is_copied_and_ra_is_0(self):
        seen = self.ask("+noedns", "+noad", "+rec", "soa", ZONE)
        self.expect_soa(seen)
        self.assertIn("rd", seen.flags)

    def test_8_1_4_an_unknown_opcode_is_notimp_with_empty_sections(self):
        seen = self.ask(*PLAIN, "+opcode=15", "+header-only")
        self.assertEqual((seen.opcode, seen.status), ("RESERVED15", "NOTIMP"), seen.text)
        counts = (seen.questions, seen.answers, seen.authorities, seen.additionals)
        self.assertEqual(counts, (0, 0, 0, 0), seen.text)
        self.assertFalse({"aa", "ra", "ad"} & seen.flags)

    def test_8_1_5_tcp(self):
        seen = self.ask(*PLAIN, "+tcp", "soa", ZONE)
        self.expect_soa(seen)
        self.assertIn("(TCP)", seen.text)

    # Section 8.2: with EDNS

    def test_8_2_1_edns_without_options(self):
        seen = self.ask("+nocookie", "+edns=0", "+noad", "+norec", "soa", ZONE)
        self.expect_soa(seen)
        self.assertEqual((seen.edns, seen.edns_flags, seen.opt_lines), (0, set(), []), seen.text)
        self.assertEqual(seen.payload, 1232)

    def test_8_2_2_edns_version_1_is_badvers(self):
        self.expect_bad_version(self.ask("+nocookie", "+edns=1", "+noednsneg", "+noad", "+norec",
                                         "soa", ZONE))

    def test_8_2_3_an_unknown_option_is_ignored_and_not_echoed(self):
        seen = self.ask("+nocookie", "+edns=0", "+noad", "+norec", "+ednsopt=100", "soa", ZONE)
        self.expect_soa(seen)
        self.assertEqual(seen.opt_lines, [], seen.text)

    def test_8_2_4_unknown_edns_flags_do_not_come_back(self):
        seen = self.ask("+nocookie", "+edns=0", "+noad", "+norec", "+ednsflags=0x40", "soa", ZONE)
        self.expect_soa(seen)
        self.assertEqual((seen.edns_flags, seen.edns_unknown_flags), (set(), None), seen.text)

    def test_8_2_5_version_1_with_an_unknown_flag(self):
        seen = self.ask("+nocookie", "+edns=1", "+noednsneg", "+noad", "+norec", "+ednsflags=0x40",
                        "soa", ZONE)
        self.expect_bad_version(seen)
        self.assertIsNone(seen.edns_unknown_flags, seen.text)

    def test_8_2_6_version_1_with_an_unknown_option(self):
        seen = self.ask("+nocookie", "+edns=1", "+noednsneg", "+noad", "+norec", "+ednsopt=100",
                        "soa", ZONE)
        self.expect_bad_version(seen)
        self.assertEqual(seen.opt_lines, [], seen.text)

    def test_8_2_7_the_opt_stays_in_a_truncated_response(self):
        seen = self.ask("+nocookie", "+norec", "+noad", "+dnssec", "+bufsize=512", "+ignore",
                        "TXT", "huge.big.test")
        self.assertEqual((seen.status, seen.answers), ("NOERROR", 0), seen.text)
        self.assertIn("tc", seen.flags)
        self.assertEqual((seen.edns, seen.edns_flags), (0, {"do"}), seen.text)

    def test_8_2_7_as_written_a_dnskey_with_512_octets(self):
        seen = self.ask("+nocookie", "+norec", "+noad", "+dnssec", "+bufsize=512", "+ignore",
                        "dnskey", ZONE)
        self.assertEqual((seen.status, seen.answers), ("NOERROR", 1), seen.text)
        self.assertEqual((seen.edns, seen.edns_flags), (0, {"do"}), seen.text)

    def test_8_2_8_do_is_copied(self):
        seen = self.ask("+nocookie", "+edns=0", "+noad", "+norec", "+dnssec", "soa", ZONE)
        self.expect_soa(seen)
        self.assertEqual(seen.edns_flags, {"do"}, seen.text)

    def test_8_2_9_version_1_with_do(self):
        seen = self.ask("+nocookie", "+edns=1", "+noednsneg", "+noad", "+norec", "+dnssec", "soa",
                        ZONE)
        self.expect_bad_version(seen)
        self.assertEqual(seen.edns_flags, {"do"}, seen.text)

    def test_8_2_10_several_known_options_at_once(self):
        seen = self.ask("+edns=0", "+noad", "+norec", "+cookie", "+nsid", "+expire",
                        "+subnet=0.0.0.0/0", "soa", ZONE)
        self.expect_soa(seen)
        self.assertIn("NSID: 70 72 6f 62 65", seen.text)
        for name in ("CLIENT-SUBNET", "EXPIRE"):
            self.assertNotIn(name, "\n".join(seen.opt_lines))

    # Names

    def test_the_letter_case_of_the_question_comes_back(self):
        text = self.served.dig(*PLAIN, "A", "wWw.PrObE.tEsT")
        self.assertEqual(text.count("wWw.PrObE.tEsT.\t"), 3, text)  # the question, two records

    def test_the_root_one_beside_and_the_parent_are_refused(self):
        for name in (".", "test", "xprobe.test", "probe.tes"):
            with self.subTest(name=name):
                seen = self.ask("+nocookie", "+norec", "A", name)
                self.assertEqual((seen.status, seen.answers, seen.authorities), ("REFUSED", 0, 0))
                self.assertNotIn("aa", seen.flags)
                self.assertRegex(seen.text, r"EDE: 20 ")

    def test_the_apex_and_one_below(self):
        self.expect_soa(self.ask(*PLAIN, "soa", ZONE))
        for name, status in (("www." + ZONE, "NOERROR"), ("nope." + ZONE, "NXDOMAIN")):
            with self.subTest(name=name):
                seen = self.ask(*PLAIN, "soa", name)
                self.assertEqual((seen.status, seen.answers, seen.authorities), (status, 0, 1))
                self.assertIn("\t60\tIN\tSOA\t", seen.text)  # min(SOA TTL, MINIMUM)

    # kdig: another implementation of the client side

    def test_kdig_reads_keepalive_and_nsid_over_tcp(self):
        text = self.served.dig("+tcp", "+edns", "+nsid", "+ednsopt=11", "www." + ZONE, "A",
                               tool="kdig")
        self.assertIn("status: NOERROR", text)
        self.assertRegex(text, r"NSID:\s+70726F62")
        self.assertRegex(text, r"(?i)option \(11\): 0064|keepalive.*0064")

    def test_kdig_reads_zone_version(self):
        text = self.served.dig("+edns", "+ednsopt=19", "nope." + ZONE, "A", tool="kdig")
        self.assertIn("status: NXDOMAIN", text)
        self.assertRegex(text, r"(?i)OPTION \(19\): 020000000007|ZONEVERSION.*7")

    def test_kdig_chaos_is_refused(self):
        for name in ("id.server", "hostname.bind", "version.server", "version.bind"):
            with self.subTest(name=name):
                text = self.served.dig("-c", "CH", name, "TXT", tool="kdig")
                self.assertIn("status: REFUSED", text)


if __name__ == "__main__":
    unittest.main()
