"""The cheap reader: just enough of RFC 1035 to see that two responses say the same.

What differs here is read again by dnspython (compare.py), whose word counts.
"""
import struct

import names

HEADER = struct.Struct("!HHHHHH")
FIXED = struct.Struct("!HHIH")

TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "HINFO": 13, "MX": 15, "TXT": 16,
         "AAAA": 28, "SRV": 33, "DNAME": 39, "OPT": 41, "DS": 43, "CAA": 257, "ANY": 255,
         "RRSIG": 46, "DNSKEY": 48, "NSEC": 47, "TYPE65280": 65280, "TYPE1234": 1234}
A, NS, CNAME, SOA, AAAA, DNAME, OPT, DS, ANY = (
    TYPES[name] for name in ("A", "NS", "CNAME", "SOA", "AAAA", "DNAME", "OPT", "DS", "ANY"))

# RDATA with names: how many octets stand before them, how many names.
NAMES_IN = {NS: (0, 1), CNAME: (0, 1), SOA: (0, 2), 12: (0, 1), DNAME: (0, 1), 15: (2, 1),
            33: (6, 1)}

FLAG_TC, FLAG_AA = 0x0200, 0x0400


class Malformed(Exception):
    pass


def make_query(name, rr_type, edns=None, dnssec_ok=False, recursion=False):
    """A query without an id (two zero octets); `edns`: the payload size, or None."""
    flags = 0x0100 if recursion else 0
    message = HEADER.pack(0, flags, 1, 0, 0, 0 if edns is None else 1)
    message += names.wire(name) + struct.pack("!HH", rr_type, 1)
    if edns is not None:
        message += b"\0" + FIXED.pack(OPT, edns, 0x8000 if dnssec_ok else 0, 0)
    return message


class _Reader:
    def __init__(self, message):
        self.message = message
        self.known = {}

    def name(self, at):
        """Lower-case wire octets, and where what follows begins."""
        message, labels, after, start = self.message, [], None, at
        for _ in range(128):
            length = message[at]
            if length >= 0xC0:
                after = after or at + 2
                at = (length & 0x3F) << 8 | message[at + 1]
                if at in self.known:
                    labels.append(self.known[at])
                    break
                continue
            labels.append(message[at:at + 1 + length])
            at += 1 + length
            if length == 0:
                break
        else:
            raise Malformed("a name without end")
        whole = b"".join(labels).lower()
        self.known[start] = whole
        return whole, after or at

    def rdata(self, rr_type, at, end):
        layout = NAMES_IN.get(rr_type)
        if layout is None:
            return self.message[at:end]
        before, count = layout
        parts, at = [self.message[at:at + before]], at + before
        for _ in range(count):
            name, at = self.name(at)
            parts.append(name)
        parts.append(self.message[at:end])
        return b"".join(parts)


class Response:
    """flags, question (octets), sections: three lists of (owner, type, class, ttl, rdata)."""

    def __init__(self, message):
        try:
            self._read(message)
        except (IndexError, struct.error) as error:
            raise Malformed(str(error)) from error

    def _read(self, message):
        self.octets = len(message)
        self.id, self.flags, questions, *counts = HEADER.unpack_from(message)
        reader, at = _Reader(message), 12
        for _ in range(questions):
            _, at = reader.name(at)
            at += 4
        self.question = message[12:at]
        self.opt = None
        self.sections = []
        for count in counts:
            records = []
            for _ in range(count):
                owner, at = reader.name(at)
                rr_type, rr_class, ttl, length = FIXED.unpack_from(message, at)
                at += FIXED.size
                if rr_type == OPT:
                    self.opt = ttl & 0xFFFF8000  # extended rcode, version, DO
                else:
                    records.append((owner, rr_type, rr_class, ttl,
                                    reader.rdata(rr_type, at, at + length)))
                at += length
            self.sections.append(records)
        if at != len(message):
            raise Malformed("octets left over")
        self.rcode = (self.flags & 15) | ((self.opt or 0) >> 24) << 4
