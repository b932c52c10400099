// A second, independent reader of DNS messages: nothing of core/dns or dns-edge is in it, so that a
// mistake there does not excuse itself here. It is strict about what we send, and slow.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/bytes.hpp"

namespace tidemark::fuzz {

struct WalkedRecord {
  std::string owner;  // length octets and labels, without the root; in lower case
  std::uint16_t type = 0, rr_class = 0;
  std::uint32_t ttl = 0;
  base::ByteView rdata;  // as it stands in the message
  std::string target;    // the name in RDATA of NS, CNAME, DNAME, PTR; like `owner`
};

struct Walked {
  std::uint16_t id = 0, flags = 0;
  std::uint16_t question_count = 0;
  base::ByteView question;  // octets of the question section
  std::string qname;        // of the first question; like WalkedRecord::owner
  std::uint16_t qtype = 0, qclass = 0;
  std::vector<WalkedRecord> answer, authority, additional;
};

// Nothing, and `why`, if: a count is wrong, octets are left over, a name is above 255 octets or
// cut short, a pointer leads anywhere but back to the beginning of a label that was read before.
std::optional<Walked> walk_message(base::ByteView message, const char*& why);

// Ends the process unless `reply` is one that `query` may get: sizes, header bits, the question
// echoed, the order of a chain, the SOA of a negative answer, an OPT if and only if one was asked.
void check_reply(base::ByteView query, base::ByteView reply, bool over_udp);

}  // namespace tidemark::fuzz
