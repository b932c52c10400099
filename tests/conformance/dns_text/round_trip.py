#!/usr/bin/python3
"""Random zones over every type, from text to octets and back, by us and by others.

usage: round_trip.py DNS_CANONICAL [--zones N] [--records N] [--seed N]

Of each zone: what people write -> our octets, compared with dnspython's; our text, read by
dnspython, named-compilezone and ldns-read-zone, must be the same set of records; kzonecheck and
nsd-checkzone must take it. A checker that is not installed is left out, and says so. Ends with 77
(skipped) where dnspython is missing.
"""
import argparse
import base64
import collections
import random
import re
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
import oracle  # ends with 77 without dnspython

import dns.exception
import dns.name
import dns.rdata
import dns.rdatatype
import dns.version

PATH = "/usr/bin:/usr/sbin:/usr/local/bin:/usr/local/sbin"
ZONE = "example.org."
APEX = [f"{ZONE} 300 IN SOA ns1.{ZONE} host.{ZONE} 1 7200 3600 1209600 300",
        f"{ZONE} 300 IN NS ns1.{ZONE}", f"ns1.{ZONE} 300 IN A 192.0.2.1"]

# Beside those of oracle.py: types that we keep as octets, in their own text for dnspython.
OPAQUE = {
    "IPSECKEY": ["10 1 2 192.0.2.38 {b64}", "10 0 2 . {b64}"], "AMTRELAY": ["10 0 1 203.0.113.15"],
    "NID": ["{u16} 0014:4fff:ff20:ee64"], "L32": ["{u16} 10.1.2.0"],
    "L64": ["{u16} 2001:0db8:1140:1000"], "LP": ["{u16} l64-subnet1.example.com."],
    "X25": ['"311061700956"'], "GPOS": ["-32.6882 116.8652 10.0"],
    "PX": ["10 net2.it. prmd-net2.admd-p400.c-it."], "NSAP": ["0x47000580005a0000000001e133"],
    "TYPE4": ["\\# 3 014100"], "TYPE7": ["\\# 3 014100"], "TYPE38": ["\\# 2 8000"],
}


class Generated:
    """A record: where it stands, how people write it, what dnspython makes of it."""

    def __init__(self, rng, number, rr_type, template, known):
        self.owner = f"r{number}.{ZONE}"
        self.type = rr_type
        self.ttl = rng.choice([0, 1, 300, 86400, 604800])
        signature = base64.b64encode(rng.randbytes(64)).decode()
        text = oracle.fill(template.replace("{sig64}", signature), rng)
        self.rdata = dns.rdata.from_text("IN", rr_type, text, origin=oracle.ORIGIN,
                                         relativize=False)
        self.text = text if known else self.rdata.to_generic().to_text()

    def line(self, rng):
        front = rng.choice([f"{self.ttl} IN", f"IN {self.ttl}", f"{self.ttl}"])
        owner = rng.choice([self.owner, self.owner.upper(), self.owner[:-len(ZONE) - 1]])
        rr_type = rng.choice([self.type, self.type.lower(),
                              f"TYPE{int(dns.rdatatype.from_text(self.type))}"])
        if rng.random() < 0.2:
            return f"{owner} {front} {rr_type} ( {self.text} ) ; remark"
        return f"{owner}\t{front}\t{rr_type}  {self.text}"

    def key(self):
        return (self.owner, self.ttl, int(dns.rdatatype.from_text(self.type)),
                oracle.octets_of(self.rdata))


def make_zone(rng, count):
    known = [(rr_type, template) for rr_type, templates in oracle.SAMPLES.items()
             for template in PLAIN.get(rr_type, templates) if rr_type != "SOA"]
    opaque = [(rr_type, template) for rr_type, templates in OPAQUE.items()
              for template in templates]
    records = []
    for number in range(count):
        rr_type, template = rng.choice(known * 4 + opaque)
        generic = rr_type in OPAQUE or rr_type == "HIP" or rr_type.startswith("TYPE")
        records.append(Generated(rng, number, rr_type, template, not generic))
    return records


def keys_of_text(text, unreadable):
    """{(owner, ttl, type, octets)} of lines "owner ttl IN type rdata"; by dnspython."""
    keys = set()
    for line in text.splitlines():
        words = line.split(None, 4)
        if len(words) < 4 or line.startswith(";"):
            continue
        owner, ttl, _, rr_type = words[:4]
        rest = words[4] if len(words) > 4 else ""
        code = oracle.OURS.get(rr_type) or dns.rdatatype.from_text(rr_type)
        try:
            rdata = read_rdata(code, rest)
        except dns.exception.DNSException as error:
            unreadable[f"{rr_type}: {error}"] += 1
            continue
        owner = dns.name.from_text(owner, oracle.ORIGIN).canonicalize().to_text()
        keys.add((owner, int(ttl), int(code), oracle.octets_of(rdata)))
    return keys


def read_rdata(code, text):
    if not text.startswith("\\#"):
        return dns.rdata.from_text("IN", code, text, origin=oracle.ORIGIN, relativize=False)
    octets = bytes.fromhex("".join(text.split()[2:]))  # dnspython 2.3 loses the origin here
    return dns.rdata.from_wire("IN", code, octets, 0, len(octets))


def checked(arguments, zone, prints=True):
    """What the program prints of the zone; None where it is not installed."""
    program = shutil.which(arguments[0], path=PATH)
    if program is None:
        return None
    with tempfile.NamedTemporaryFile("w", suffix=".zone") as file:
        file.write(zone)
        file.flush()
        done = subprocess.run([program, *(file.name if word == "ZONE" else word
                                          for word in arguments[1:])],
                              capture_output=True, check=False)
    output = done.stdout.decode("latin-1")
    if done.returncode != 0:
        raise Refused(f"{arguments[0]}: {output if prints is False else ''}"
                      f"{done.stderr.decode('latin-1')}"[:2000])
    return output


class Refused(Exception):
    pass


# What checkers look at more closely than at the others (BIND: length and labels of a signature, a
# regexp; Knot: glue) is filled in so that they take it.
PLAIN = {
    "NS": ["ns{u8}.Out.Example."],
    "RRSIG": ["A 13 9 300 20380101000000 20231201000000 {u16} {name} {sig64}",
              "TYPE700 13 2 300 20380119031408 19700101000000 {u16} example.org. {sig64}"],
    "NAPTR": ['{u16} {u16} "u" {ascii} "!^.*$!sip:a@b!" {name}', '{u16} {u16} "" "" "" {name}'],
}

UNREAD = {"POOL", "RESINFO", "MINFO"}  # dnspython 2.3 has no text for them

# Each: how it is called, types of ours that it does not read by our name for them.
PRINTERS = {
    "named-compilezone": (["named-compilezone", "-i", "none", "-k", "ignore", "-n", "ignore", "-r",
                           "ignore", "-m", "ignore", "-M", "ignore", "-S", "ignore", "-T", "ignore",
                           "-W", "ignore", "-s", "full", "-o", "-", ZONE, "ZONE"],
                          # MD and MF are refused as obsolete; the others are printed in a text
                          # that dnspython does not read.
                          UNREAD | {"TYPE3", "TYPE4", "TYPE7", "TYPE38", "TYPE104", "TYPE106"}),
    "ldns-read-zone": (["ldns-read-zone", "-U", "A", "ZONE"],
                       # ldns 1.8.3 takes the escapes of an alpn value for octets of it.
                       {"POOL", "RESINFO", "SVCB with escapes"}),
}
JUDGES = {
    "kzonecheck": (["kzonecheck", "-d", "off", "-o", ZONE, "ZONE"], {"POOL", "RESINFO"}),
    "nsd-checkzone": (["nsd-checkzone", ZONE, "ZONE"], {"POOL", "RESINFO"}),
}


class Comparison:
    def __init__(self, program):
        self.program = program
        self.records = collections.Counter()
        self.left_out = collections.Counter()
        self.failures = 0

    def fail(self, what, details):
        self.failures += 1
        if self.failures <= 10:
            print(f"{what}: {details}")

    def compare(self, what, zone_records, keys):
        wanted = {record.key() for record in zone_records}
        self.records[what] += len(wanted)
        for kind, some in (("only here", wanted - keys), ("only there", keys - wanted)):
            for owner, ttl, code, octets in sorted(some)[:3]:
                self.fail(what, f"{kind}: {owner} {ttl} {dns.rdatatype.to_text(code)} "
                                f"{octets.hex()}")

    def run(self, rng, count):
        records = make_zone(rng, count)
        written = "".join(line + "\n" for line in
                          APEX + [record.line(rng) for record in records])
        wire = oracle.run(self.program, ["--wire"], written)
        self.compare("our octets", records, without_apex(keys_of_wire(wire)))
        ours = oracle.run(self.program, [], written)
        if oracle.run(self.program, [], ours) != ours:
            self.fail("our text", "is not the same when read again")
        self.compare_text("dnspython", *self.known(UNREAD, records, ours))
        for name, (arguments, unknown) in PRINTERS.items():
            self.compare_printer(name, arguments, unknown, records, ours)
        for name, (arguments, unknown) in JUDGES.items():
            self.compare_judge(name, arguments, *self.known(unknown, records, ours))

    def compare_text(self, what, records, text):
        unreadable = collections.Counter()
        keys = without_apex(keys_of_text(text, unreadable))
        for reason in unreadable:
            self.fail(what, f"dnspython cannot read {reason}")
        self.compare(what, records, keys)

    def known(self, unknown, records, ours):
        """The records of types that a program knows by our names, and our text of them."""
        names_of = {line.split(" ", 1)[0]: kind_of(line) for line in ours.splitlines()}
        kept = [record for record in records if names_of.get(record.owner) not in unknown]
        left = {record.owner for record in records} - {record.owner for record in kept}
        for owner in left:
            self.left_out[names_of[owner]] += 1
        return kept, "".join(line + "\n" for line in ours.splitlines()
                             if line.split(" ", 1)[0] not in left)

    def compare_printer(self, name, arguments, unknown, records, ours):
        kept, text = self.known(unknown, records, ours)
        try:
            printed = checked(arguments, text)
        except Refused as refused:
            self.fail(name, refused)
            return
        if printed is not None:
            self.compare_text(name, kept, printed)

    def compare_judge(self, name, arguments, kept, text):
        try:
            if checked(arguments, text, prints=False) is not None:
                self.records[name] += len(kept)
        except Refused as refused:
            self.fail(name, refused)


def kind_of(line):
    """The type as we write it; SVCB apart where its text needs escapes."""
    rr_type, rdata = line.split(" ", 4)[3:]
    return "SVCB with escapes" if rr_type == "SVCB" and "\\" in rdata else rr_type


def keys_of_wire(wire):
    keys = set()
    for line in wire.splitlines():
        owner, ttl, code, *octets = line.split(" ")
        keys.add((owner, int(ttl), int(code), bytes.fromhex(octets[0] if octets else "")))
    return keys


def without_apex(keys):
    return {key for key in keys if re.match(r"r\d+\.", key[0])}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program", help="dns_canonical of the build under test")
    parser.add_argument("--zones", type=int, default=3)
    parser.add_argument("--records", type=int, default=300, help="of one zone")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    comparison = Comparison(arguments.program)
    for number in range(arguments.zones):
        comparison.run(random.Random(f"{arguments.seed} {number}"), arguments.records)
    absent = [name for name in [*PRINTERS, *JUDGES] if shutil.which(name, path=PATH) is None]
    print(f"dnspython {dns.version.version}, seed {arguments.seed}, {arguments.zones} zones: "
          + ", ".join(f"{what} {count}" for what, count in comparison.records.items())
          + f" records; {comparison.failures} differences"
          + "".join(f"; {name} is not installed" for name in absent))
    for rr_type, count in comparison.left_out.items():
        print(f"  left out for some: {rr_type}, {count} times")
    return 1 if comparison.failures else 0


if __name__ == "__main__":
    sys.exit(main())
