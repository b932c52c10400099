#!/usr/bin/python3
"""Compares our master files with dnspython's. usage: oracle.py DNS_CANONICAL

Every record is made twice: by dnspython and here. Three comparisons, each by octets of RDATA:
what dnspython wrote is read here, what was written here is read by dnspython, and the generic form
of RFC 3597 means the same. Ends with 77 (skipped) where dnspython is missing.
"""
import random
import string
import subprocess
import sys

try:
    import dns.name
    import dns.rdata
    import dns.rdataclass
    import dns.rdatatype
    import dns.version
    import dns.zonefile
except ImportError:
    print("skipped: python3-dnspython is not installed")
    sys.exit(77)

ORIGIN = dns.name.from_text("example.org.")
ROUNDS = 20

# Per type: texts as people write them; {name}, {str}, {ascii}, {u8}, {hex20}, {b64} ... are
# filled at random.
SAMPLES = {
    "A": ["192.0.2.{u8}"],
    "AAAA": ["2001:db8::{u8}", "::ffff:192.0.2.1", "1:2:3:4:5:6:7:8", "::", "fe80::1:0:0:1"],
    "NS": ["{name}"], "CNAME": ["{name}"], "PTR": ["{name}"], "DNAME": ["{name}"],
    "SOA": ["{name} {name} {u32} 7200 3600 1209600 300"],
    "MX": ["{u16} {name}", "0 ."], "KX": ["{u16} {name}"], "RT": ["{u16} {name}"],
    "AFSDB": ["{u16} {name}"], "RP": ["{name} {name}"],
    "SRV": ["{u16} {u16} {u16} {name}"],
    "NAPTR": ['{u16} {u16} {ascii} {ascii} {ascii} {name}',
              '100 10 "u" "E2U+sip" "!^.*$!sip:a@b!" .'],
    "TXT": ["{str}", "{str} {str} {str}", '""'], "SPF": ['"v=spf1 -all"', "{str}"],
    "HINFO": ["{ascii} {ascii}"],
    "CAA": ['0 issue "ca.example"', '128 tbs ""', "{u8} iodef {ascii}"],
    "URI": ['{u16} {u16} "ftp://ftp1.example.com/public"'],
    "SVCB": ['1 {name}', '0 {name}', '1 . alpn="h2,h3" port={u16}',
             '16 {name} alpn=h2,h3-19 mandatory=ipv4hint,alpn ipv4hint=192.0.2.1,192.0.2.2',
             '1 . ipv6hint=2001:db8::1,2001:db8::53:1 key667="hello\\210qoo"',
             '1 . alpn="f\\\\\\\\oo\\\\,bar,h2" no-default-alpn', '1 . ech="{b64}" key9={hex4}'],
    "HTTPS": ['1 . alpn=h2', '0 svc.example.net.', '3 {name} port=443 ipv4hint=192.0.2.1'],
    "DS": ["{u16} 8 1 {hex20}", "{u16} 13 2 {hex32}", "{u16} 14 4 {hex48}"],
    "CDS": ["{u16} 13 2 {hex32}", "0 0 0 00"],
    "DNSKEY": ["257 3 13 {b64}", "256 3 RSASHA256 {b64}"], "CDNSKEY": ["257 3 13 {b64}"],
    "RRSIG": ["A 13 2 300 20240101000000 20231201000000 {u16} {name} {b64}",
              "TYPE700 13 2 300 20380119031408 19700101000000 {u16} example.org. {b64}"],
    "NSEC": ["{name} A MX RRSIG NSEC TYPE1234", "{name} TYPE65535 A"],
    "NSEC3": ["1 0 0 - 2t7b4g4vsa5smi47k61mv5bv1a22bojr A RRSIG",
              "1 1 12 aabbccdd 2t7b4g4vsa5smi47k61mv5bv1a22bojr"],
    "NSEC3PARAM": ["1 0 0 -", "1 0 {u16} {hex8}"],
    "CSYNC": ["{u32} 3 A NS AAAA"],
    "ZONEMD": ["2018031500 1 1 {hex48}", "2018031500 1 2 {hex64}"],
    "TLSA": ["3 1 1 {hex32}", "3 1 2 {hex64}", "3 1 0 {hex20}"], "SMIMEA": ["3 1 1 {hex32}"],
    "SSHFP": ["4 1 {hex20}", "4 2 {hex32}"],
    "OPENPGPKEY": ["{b64}"], "DHCID": ["{b64}"], "CERT": ["PKIX {u16} RSASHA256 {b64}"],
    "LOC": ["52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m",
            "42 21 54 N 71 6 18 W -24m 30m",
            "0 0 0.001 S 179 59 59.999 W 10m", "90 N 180 E 42849672.95m 20m 2000m 200m"],
    "EUI48": ["00-00-5e-00-53-2a"], "EUI64": ["00-00-5e-ef-10-00-00-2a"],
    "APL": ["1:192.168.32.0/21 !1:192.168.38.0/28", "2:ff00:0:0:0:0:0:0:0/8", "1:0.0.0.0/0"],
    # dnspython 2.3 knows no text for these: both sides use the generic form.
    "TYPE14": ["\\# 6 01610001 6200"], "TYPE261": ["\\# 4 03616263"], "TYPE700": ["\\# 3 ABCDEF"],
    "TYPE65400": ["\\# 3 6f6e65"], "TYPE3": ["\\# 3 014100"],
    "HIP": ["\\# 14 02020003 abcd 010203 0352767300"],
}
OURS = {"RESINFO": 261, "POOL": 65400}  # names that dnspython 2.3 does not know


def label(rng):
    letters = rng.choice([string.ascii_lowercase, string.ascii_letters + string.digits + "-_*"])
    return "".join(rng.choice(letters) for _ in range(rng.choice([1, 3, 8, 63])))


def name(rng):
    if rng.random() < 0.1:
        return rng.choice([".", "a\\.b.example.", "\\000\\255.example.", "x\\032y\\@.", "@", "Rel"])
    labels = [label(rng) for _ in range(rng.randint(1, 3))]
    return ".".join(labels) + rng.choice([".", "", ".Example.NET."])


def text(rng, octet_max=255):
    octets = bytes(rng.choice([rng.randrange(octet_max + 1), ord("a"), 34, 92, 59])
                   for _ in range(rng.choice([0, 1, 5, 60, 255])))
    return '"' + "".join(f"\\{octet:03d}" if octet < 32 or octet > 126 or octet in b'"\\'
                         else chr(octet) for octet in octets) + '"'


def fill(template, rng):
    import base64
    out = template
    makers = {"{name}": lambda: name(rng), "{str}": lambda: text(rng),
              # Above \\127 dnspython 2.3 makes UTF-8 of it, in all types but TXT.
              "{ascii}": lambda: text(rng, 127),
              "{u8}": lambda: str(rng.randrange(256)), "{u16}": lambda: str(rng.randrange(65536)),
              "{u32}": lambda: str(rng.randrange(2 ** 32)),
              "{b64}": lambda: base64.b64encode(rng.randbytes(rng.randint(1, 99))).decode()}
    for size in (4, 8, 20, 32, 48, 64):
        makers["{hex%d}" % size] = lambda size=size: rng.randbytes(size).hex()
    for word, make in makers.items():
        while word in out:
            out = out.replace(word, make(), 1)
    return out


def run(program, mode, zone):
    done = subprocess.run([program, *mode, "example.org."], input=zone.encode("latin-1"),
                          capture_output=True)
    if done.returncode != 0 or done.stderr:
        sys.exit("dns_canonical: " + done.stderr.decode())
    return done.stdout.decode()


def octets_of(rdata):
    return rdata.to_digestable(ORIGIN)  # RFC 4034 section 6.2


def read_with_dnspython(line):
    owner, ttl, rr_class, rr_type, rest = line.split(" ", 4)
    code = dns.rdatatype.from_text(rr_type) if rr_type not in OURS else OURS[rr_type]
    known = dns.rdata.get_rdata_class(dns.rdataclass.IN, code) is not dns.rdata.GenericRdata
    if not known and not rest.startswith("\\#"):
        return owner, None
    return owner, octets_of(
        dns.rdata.from_text("IN", code, rest, origin=ORIGIN, relativize=False))


def main(program):
    rng = random.Random(20240521)
    written, expected = [], {}
    for number, (rr_type, templates) in enumerate(sorted(SAMPLES.items())):
        for turn in range(ROUNDS):
            source = fill(templates[turn % len(templates)], rng)
            owner = f"n{number}-{turn}.example.org."
            rdata = dns.rdata.from_text("IN", rr_type, source, origin=ORIGIN, relativize=False)
            expected[owner] = (dns.rdatatype.from_text(rr_type), octets_of(rdata), source)
            theirs = rdata.to_text()
            if rr_type.startswith("TYPE") or rr_type == "HIP":
                theirs = rdata.to_generic().to_text() if not theirs.startswith("\\#") else theirs
            written.append((owner, rr_type, source, theirs, rdata.to_generic().to_text()))

    failures = 0

    def compare(what, owner, octets):
        nonlocal failures
        code, wanted, source = expected[owner]
        if octets != wanted:
            failures += 1
            print(f"{what}: {dns.rdatatype.to_text(code)} {source}\n"
                  f"  here      {octets.hex()}\n  dnspython {wanted.hex()}")

    def compare_zone(what, zone):
        lines = run(program, ["--wire"], zone).splitlines()
        if len(lines) != len(expected):
            sys.exit(f"{what}: {len(lines)} records of {len(expected)}")
        for line in lines:
            owner, _, code, *rest = line.split(" ")
            assert int(code) == expected[owner][0], line
            compare(what, owner, bytes.fromhex(rest[0] if rest else ""))

    for what, column in (("as people write it", 2), ("written by dnspython", 3), ("generic", 4)):
        zone = "".join(f"{record[0]} 300 IN {record[1]} {record[column]}\n" for record in written)
        compare_zone(what, zone)
    source_zone = "".join(f"{record[0]} 300 IN {record[1]} {record[2]}\n" for record in written)
    ours = run(program, [], source_zone)
    for line in ours.splitlines():
        owner, octets = read_with_dnspython(line)
        if octets is not None:
            compare("written here", owner, octets)
    if run(program, [], ours) != ours:
        sys.exit("a canonical zone is not canonical when read again")
    print(f"dnspython {dns.version.version}: {len(expected)} records of {len(SAMPLES)} types, "
          f"4 ways each: {failures} differences")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
