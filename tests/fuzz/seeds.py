#!/usr/bin/env python3
"""Writes the inputs made by hand into corpus/: what other servers fell over, and the usual.

usage: tests/fuzz/seeds.py
Every file has a name that says what it is; what a fuzzer found has its hash for a name. Written
once more, nothing changes. The form of each target's input stands on top of its .cpp.
"""
import random
import struct
from pathlib import Path

HERE = Path(__file__).resolve().parent
OPT, TSIG = 41, 250


def put(target, name, octets):
    folder = HERE / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(octets if isinstance(octets, bytes) else octets.encode())


def wire(name):
    labels = [label for label in name.split(".") if label]
    return b"".join(bytes([len(label)]) + label.encode() for label in labels) + b"\0"


def header(flags=0, qd=1, an=0, ns=0, ar=0):
    return struct.pack(">HHHHHH", 0x1234, flags, qd, an, ns, ar)


def query(name="www.example.org", qtype=1, qclass=1, extra=b"", **counts):
    return header(**counts) + wire(name) + struct.pack(">HH", qtype, qclass) + extra


def option(code, value=b""):
    return struct.pack(">HH", code, len(value)) + value


def record(owner, rtype, rclass, ttl, rdata):
    return owner + struct.pack(">HHIH", rtype, rclass, ttl, len(rdata)) + rdata


def queries():
    named = {
        "root": query("", 2), "class_any": query(qclass=255), "class_none": query(qclass=254),
        "class_zero": query(qclass=0), "qtype_zero": query(qtype=0), "qtype_any": query(qtype=255),
        "qtype_axfr": query(qtype=252), "qtype_nxname": query(qtype=128),
        "two_questions": query(qd=2, extra=wire("a") + b"\0\1\0\1"),
        "no_question": header(qd=0), "trailing_octet": query(extra=b"\0"),
        "label_type_01": header() + b"\x41a\0\0\1\0\1",
        "label_type_10": header() + b"\x81a\0\0\1\0\1",
        "qname_is_pointer": header() + b"\xc0\x0c\0\1\0\1",
        "qname_pointer_forward": header() + b"\1a\xc0\x40\0\1\0\1",
        "qname_cut": header() + b"\x3fabc", "qtype_cut": header() + wire("a") + b"\0",
        "header_of_11": header()[:11], "answer_in_query": query(an=1),
        "counts_of_65535": header(qd=65535, an=65535, ns=65535, ar=65535),
        "mixed_case": query("wWw.ExAmPlE.oRg"),
        "octets_of_every_kind": query("\x01\x7f é".replace("é", "e")),
        "pointers_in_a_chain": header(flags=0x8000, an=2) + wire("a") + b"\0\1\0\1"
        + b"\xc0\x0c" + b"\0\5\0\1\0\0\0\0\0\2\xc0\x1d" + b"\xc0\x1d\0\1\0\1\0\0\0\0\0\4abcd",
    }
    for opcode in range(16):
        named[f"opcode_{opcode}"] = query(flags=opcode << 11)
    for name, octets in named.items():
        put("parse_query", name, octets)


def answers():
    names = ["e.x", "n.e.x", "c.e.x", "l.e.x", "a.w.e.x", "w.e.x", "a.d.e.x", "g.e.x", "a.k.e.x",
             "k.e.x", "q.e.x", "big.e.x", "no.e.x", "x", "a.b.c.k.e.x", "N.E.X", "*.w.e.x", "o"]
    for world in (0, 1, 2, 7):
        for i, name in enumerate(names):
            qtype = (1, 28, 5, 2, 255, 6, 43, 16, 65400)[i % 9]
            opt = record(b"\0", OPT, 1232 if i % 2 else 512, 0x8000 if i % 3 == 0 else 0,
                         option(3) + option(19) + option(65001) + option(11))
            put("answer", f"world_{world}_{i:02}",
                bytes([i % 4, world]) + query(name, qtype, ar=1, extra=opt))
    put("answer", "limited_source", b"\x88\0" + query("n.e.x"))


def edns():
    def inside(options, payload=1232, ttl=0, how=0):
        return bytes([how]) + struct.pack(">HI", payload, ttl) + options

    for size in (0, 1, 7, 8, 9, 15, 16, 17, 23, 24, 25, 32, 39, 40, 41, 255):
        put("edns", f"cookie_of_{size}", inside(option(10, b"c" * size)))
        put("edns", f"cookie_of_{size}_alone", inside(option(10, b"c" * size), how=0x10))
    server_part = bytes([1, 0, 0, 0]) + struct.pack(">I", 1_800_000_000)
    named = {
        "cookie_of_now": inside(option(10, b"client--" + server_part + b"hashhash")),
        "cookie_limited": inside(option(10, b"client--"), how=0x88), "limited": inside(b"",
        how=0x88),
        "two_cookies": inside(option(10, b"c" * 8) * 2), "nsid": inside(option(3)),
        "nsid_with_octets": inside(option(3, b"abc")), "nsid_cut": inside(b"\0\3\0"),
        "nsid_overrun": inside(b"\0\3\xff\xff"), "code_cut": inside(b"\0"),
        "zone_version": inside(option(19)), "zone_version_of_1": inside(option(19, b"a")),
        "keepalive_tcp": inside(option(11), how=1), "keepalive_2": inside(option(11, b"\0\0"),
        how=1),
        "padding": inside(option(12, b"\0" * 400)), "padding_65000": inside(option(12,
        b"\0" * 65000)),
        "unknown": inside(option(65535, b"x") + option(0, b"y")), "version_1": inside(b"",
        ttl=1 << 16),
        "version_255": inside(option(10, b"c"), ttl=0xff << 16), "do": inside(b"", ttl=0x8000),
        "all_flags": inside(b"", ttl=0xffff), "rcode": inside(b"", ttl=0xff << 24),
        "payload_0": inside(option(3), payload=0), "payload_511": inside(option(3), payload=511),
        "payload_65535": inside(option(3), payload=65535), "stale": inside(option(15), how=4),
        "ecs_v4": inside(option(8, b"\0\1\x18\0\xc0\0\2")), "ecs_cut": inside(option(8,
        b"\0\1\xff")),
        "ecs_family_9": inside(option(8, b"\0\x09\0\0")), "tidemark_version": inside(option(65001)),
        "all": inside(option(3) + option(19) + option(65001) + option(11) + option(10, b"c" * 8),
        how=1),
    }
    for name, octets in named.items():
        put("edns", name, octets)


def tsig():
    md5 = wire("hmac-md5.sig-alg.reg.int")

    def rdata(mac=b"m" * 16, fudge=300, algorithm=md5, other=b"", size=None):
        return (algorithm + struct.pack(">HIHH", 0, 1_800_000_000, fudge,
            len(mac) if size is None else size)
                + mac + struct.pack(">HHH", 7, 0, len(other)) + other)

    whole = record(wire("key"), TSIG, 255, 0, rdata())
    opt = record(b"\0", OPT, 1232, 0, b"")
    named = {
        "tsig": b"\0\1" + whole, "tsig_tcp": b"\1\1" + whole, "opt_tsig": b"\0\2" + opt + whole,
        "tsig_opt": b"\0\2" + whole + opt, "two_tsigs": b"\0\2" + whole + whole,
        "two_opts_tsig": b"\0\3" + opt + opt + whole, "only_opt": b"\0\1" + opt,
        "class_in": b"\0\1" + record(wire("key"), TSIG, 1, 0, rdata()),
        "ttl_1": b"\0\1" + record(wire("key"), TSIG, 255, 1, rdata()),
        "owner_is_pointer": b"\0\1" + record(b"\xc0\x0c", TSIG, 255, 0, rdata()),
        "owner_of_255": b"\0\1" + record(wire(".".join(["k" * 63] * 3 + ["k" * 61])), TSIG, 255,
        0, rdata()),
        "count_too_high": b"\0\2" + whole, "count_0": b"\0\0" + whole, "cut": b"\0\1" + whole[:-3],
        "rdata_empty": b"\x20\0", "rdata": b"\x20\0" + rdata(),
        "mac_overrun": b"\x20\0" + rdata(size=65535), "mac_empty": b"\x20\0" + rdata(mac=b""),
        "fudge_0": b"\x20\0" + rdata(fudge=0), "fudge_65535": b"\x20\0" + rdata(fudge=65535),
        "other_6": b"\x20\0" + rdata(other=b"123456"), "rdata_trailing": b"\x20\0" + rdata() + b"x",
        "algorithm_pointer": b"\x20\0" + rdata(algorithm=b"\xc0\x0c"),
        "algorithm_root": b"\x20\0" + rdata(algorithm=b"\0"),
    }
    for name, octets in named.items():
        put("tsig", name, octets)


def streams():
    def framed(*messages):
        return b"".join(struct.pack(">H", len(m)) + m for m in messages)

    one, response = query("n.e.x"), query("n.e.x", flags=0x8000)
    for name, (cut, octets) in {
            "one": (500, framed(one)), "cut_in_length": (1, framed(one)), "cut_in_message": (9,
            framed(one)),
            "pipelined": (40, framed(one, query("a.e.x", 28), query("x", 255), one)),
            "no_octets": (2, framed(b"")), "stub": (2, framed(one, b"stub")), "response": (2,
            framed(one, response, one)),
            "half": (3, framed(one)[:-4]), "length_65535": (2, b"\xff\xff" + one), "zeros": (0,
            b"\0" * 64),
            "formerr": (5, framed(one + b"x", one)), "axfr": (5, framed(query("e.x", 252))),
            "two_hundred": (700, framed(*[query("e.x", 255)] * 200)), "keepalive": (9, framed(
                query("n.e.x", ar=1, extra=record(b"\0", OPT, 1232, 0, option(11) + option(10,
                    b"c" * 8))))),
    }.items():
        put("tcp_session", name, struct.pack(">H", cut) + octets)


def choices():
    for target in ("fold", "world_answer"):
        begin = b"\x03" if target == "world_answer" else b""
        put(target, "a_zone", begin + bytes([1, 0, 0]))
        put(target, "a_zone_and_its_child", begin + bytes([2, 0, 0, 0, 8, 1, 0, 0]))
        put(target, "pools", begin + bytes([0, 1, 4, 0, 4, 0, 0, 1, 1, 1, 0, 2]))
        for seed in range(24):
            octets = random.Random(seed).randbytes(40 + 20 * seed)
            # Mostly small decisions: high octets are the rare ones.
            put(target, f"random_{seed:02}", begin + bytes(o & 0x3f if i % 3 else o for i,
                o in enumerate(octets)))


def records():
    for path in sorted((HERE.parent / "golden" / "schemas" / "v1").glob("*.bin")):
        name = path.stem
        target = "control_record" if name.startswith("control") else \
            "change_set" if name.startswith("change_set") else name
        whole = path.read_bytes()
        put(target, name, whole)
        put(target, name + "_cut", whole[:len(whole) // 2])
        put(target, name + "_trailing", whole + b"\0" * 8)
        put(target, name + "_without_identifier", whole[:4] + b"\0\0\0\0" + whole[8:])
        put(target, name + "_root_outside", b"\xff\xff\xff\x7f" + whole[4:])
    for target in ("change_set", "health_frame", "control_record", "node_report"):
        put(target, "empty", b"")
        put(target, "zeros", b"\0" * 64)


def snapshot_files():
    whole = (HERE / "corpus" / "snapshot_file" / "worked_example").read_bytes()
    put("snapshot_file", "cut", whole[:-20])
    put("snapshot_file", "trailing", whole + b"\0")
    put("snapshot_file", "version_2", whole[:8] + b"\0\0\0\2" + whole[12:])
    put("snapshot_file", "length_of_2_to_63", whole[:16] + b"\x80" + whole[17:])
    at = whole.index(b"ZONE")
    put("snapshot_file", "zone_first", whole[:12] + whole[at:])
    put("snapshot_file", "zone_twice", whole[:at] + whole[at:at + 216] + whole[at:])
    put("snapshot_file", "text_mode", whole.replace(b"\r\n", b"\n"))


def texts():
    for i, text in enumerate([
            "http://a/", "https://[::1]:8443/v1?x=y", "http://a:0/", "http://a:65536/",
            "http://u:p@h/",
            "http://%41/", "/v1/zones/e%2Fx?limit=5&a+b=%20", "/%", "/%zz", "//", "/a//b?",
            "127.0.0.1:53",
            "[::1]:53", "[fe80::1%eth0]:53", "1.2.3.4", "010.1.1.1", "::ffff:1.2.3.4", "1::2::3",
            ":::",
            "2001:db8::", "::", "sqlite:a.db", "kafka:a:9092,b:9092", "kafka:",
            "kafka:[::1]:9092,", "30d",
            "500ms", "forever", "9223372036854775807d", "-1s", "1" * 400 + "h",
            "http://" + "a" * 300 + "/",
            "5" * 64 + " alice read,write\n# none\n", "0" * 64 + "  x  ,\n", "Bearer x"]):
        put("addresses", f"text_{i:02}", text)
    put("yaml", "definitions", (HERE.parent.parent / "topics" / "definitions.yaml").read_bytes())
    for name, text in {
            "edge": "log: kafka:127.0.0.1:9092\ndataset: main\nstate-dir: s\nlisten: [127.0.0."
            "1:53, '[::1]:53']\n"
                    "workers: 2\nverbose: true\ntls: {ca: a.pem, certificate: b.pem}\nkafka: {"
                    "acks: all}\n"
                    "tables:\n  - {name: a, url: b}\n",
            "brackets": "[" * 400, "braces": "listen: " + "{a: " * 300, "anchors":
            "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nlisten: *c\n",
            "self": "listen: &a [*a]\n",
            "merge": "<<: *x\n", "two_documents": "log: a\n---\nlog: b\n",
            "twice": "log: a\nlog: b\n",
            "null": "log:\n", "tag": "log: !!binary abc\n", "tag_open": "log: !<\n",
            "tab": "log:\n\ta\n",
            "not_utf8": "log: \udcff".encode("utf-8", "surrogateescape"),
            "block": "log: |+9\n  a\n",
            "number": "workers: 99999999999999999999\n", "hex": "workers: 0x10\n",
            "key_map": "{a: b}: c\n",
            "question": "? [a, b]\n: c\n", "directive": "%YAML 9.9\n---\nlog: a\n",
            "quote": 'log: "\\u12',
            "duration": "topics:\n  <dataset>.changes:\n    retention: 99999999999d\n",
            "empty": ""}.items():
        put("yaml", name, text)


def http():
    zone = "$TTL 60\n@ SOA n h 1 2 3 4 5\n@ NS n\nn A 192.0.2.1\n"
    bodies = {
        "zone_text": (0, "e.x.", "", zone), "zone_new": (0, "new.example.", "", zone),
        "zone_json": (1, "o.", "", '{"rrsets":[{"name":"@","type":"SOA","ttl":60,"rdata":["n h'
        ' 1 2 3 4 5"]},'
                      '{"name":"@","type":"NS","ttl":60,"rdata":["n"]},{"name":"n","type":"A",'
                          '"ttl":1,"rdata":["1.2.3.4"]}],'
                      '"reason":"r"}'),
        "patch": (2, "", "", '{"edits":[{"op":"put","name":"www","type":"A","ttl":60,"rdata":['
        '"192.0.2.9"]},'
                  '{"op":"delete","name":"n","type":"A"}],"settings":{"removal_percent_max":100}}'),
        "patch_empty": (2, "", "", '{"edits":[]}'), "patch_null": (2, "", "", '{"edits":null}'),
        "rrset": (3, "www", "A", '{"ttl":60,"rdata":["192.0.2.9","192.0.2.8"]}'),
        "rrset_empty": (3, "www", "A", '{"ttl":60,"rdata":[]}'),
        "rrset_type": (3, "*.w", "TYPE65280", '{"ttl":60,"rdata":["\\\\# 2 abcd"]}'),
        "rrset_long": (3, "a" * 64, "TXT", '{"rdata":["\\"' + "t" * 256 + '\\""]}'),
        "pool": (4, "web", "", '{"endpoints":[{"id":"a","address":"192.0.2.1","weight":0},'
                 '{"id":"b","address":"2001:db8::1","status":"down"}],"check":{"kind":"http","'
                     'port":80,"path":"/x"},'
                 '"all_down":"servfail","floor":1,"quorum":0}'),
        "pool_null": (4, "web", "", '{"endpoints":null,"check":null}'),
        "override": (5, "web", "a", '{"state":"drain","for_seconds":60,"reason":'
        '"r"}'),
        "override_past": (5, "web", "a", '{"state":"up","until_ms":1}'),
        "terms": (6, "/v1/zones/e.x.?dry_run=true&acknowledge_removals=5",
                  "If-Match: \"12\"", "Prefer: wait=30\nIdempotency-Key: k\nTidemark-Author: a"
                  "\nIf-None-Match: *\n"
                  "2026-01-31T12:00:00.000Z"),
        "depth": (2, "", "", "[" * 64), "not_utf8": (2, "", "", '{"reason":"\udcff"}'),
        "surrogate": (2, "", "", '{"reason":"\\ud800"}'), "number": (3, "w", "A",
        '{"ttl":1e999,"rdata":["1.2.3.4"]}'),
        "minus": (3, "w", "A", '{"ttl":-1,"rdata":["1.2.3.4"]}'), "keys_twice": (4, "web", "",
        '{"floor":1,"floor":2}'),
        "unknown_key": (4, "web", "", '{"flor":1}'), "empty": (4, "web", "", ""),
    }
    for name, (what, first, second, body) in bodies.items():
        put("http_body", name, bytes([what]) + f"{first}\n{second}\n{body}".encode("utf-8",
            "surrogateescape"))
    for name, (cut, text) in {
            "get": (5, "GET /v1/zones?limit=2 HTTP/1.1\r\nHost: a\r\n\r\n"),
            "put": (60, "PUT /v1/zones/e HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"),
            "chunked": (90, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked"
            "\r\n\r\n3\r\nabc\r\n0\r\n\r\n"),
            "chunk_of_ffffffffffffffff": (0,
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\na"),
            "length_and_chunked": (0, "POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encodi"
            "ng: chunked\r\n\r\n0\r\n\r\n"),
            "two_lengths": (0, "POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4"
            "\r\n\r\nabcd"),
            "length_minus": (0, "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n"),
            "length_huge": (0, "PUT / HTTP/1.1\r\nContent-Length: 18446744073709551616\r\n\r\n"),
            "body_too_large": (0, "PUT / HTTP/1.1\r\nContent-Length: 5000\r\n\r\n"),
            "expect": (0, "PUT / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nab"),
            "pipelined": (20, "GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\nHEAD /c HTTP/1.0"
            "\r\n\r\n"),
            "header_too_large": (0, "GET / HTTP/1.1\r\nA: " + "a" * 3000 + "\r\n\r\n"),
            "target_percent": (0, "GET /%zz HTTP/1.1\r\n\r\n"), "absolute": (0,
            "GET http://a/b HTTP/1.1\r\n\r\n"),
            "fold": (0, "GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n"), "bare_lf": (0,
            "GET / HTTP/1.1\nA: b\n\n"),
            "range": (0, "GET / HTTP/1.1\r\nRange: bytes=5-2\r\n\r\n"), "tls": (0,
            "\x16\x03\x01\x02\0\x01\0"),
            "http2": (0, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), "options": (0,
            "OPTIONS * HTTP/1.1\r\n\r\n")}.items():
        put("http_request", name, struct.pack(">H", cut) + text.encode("latin-1"))


def main():
    queries()
    answers()
    edns()
    tsig()
    streams()
    choices()
    records()
    snapshot_files()
    texts()
    http()


if __name__ == "__main__":
    main()
