#include "tests/fuzz/message_walk.hpp"

#include <algorithm>
#include <bitset>
#include <map>
#include <set>

#include "core/base/check.hpp"

namespace tidemark::fuzz {

namespace {

using base::ByteView;

constexpr std::uint16_t type_ns = 2, type_cname = 5, type_soa = 6, type_ptr = 12, type_mx = 15,
                        type_dname = 39, type_opt = 41, type_any = 255;
constexpr std::uint16_t option_cookie = 10;
constexpr int no_error = 0, form_err = 1, nx_domain = 3, not_imp = 4, yx_domain = 6, not_auth = 9;

class Walk {
 public:
  explicit Walk(ByteView message) : message_(message) {}

  std::optional<Walked> message(const char*& why) {
    Walked walked;
    if (message_.size() < 12) {
      why = "a header is cut short";
      return std::nullopt;
    }
    walked.id = u16();
    walked.flags = u16();
    walked.question_count = u16();
    const std::size_t answers = u16(), authorities = u16(), additionals = u16();
    const std::size_t question = at_;
    for (std::size_t i = 0; i < walked.question_count && sound(); ++i) {
      const std::string name = read_name();
      const std::uint16_t type = u16(), rr_class = u16();
      if (i != 0) continue;
      walked.qname = name;
      walked.qtype = type;
      walked.qclass = rr_class;
    }
    if (sound()) walked.question = message_.subspan(question, at_ - question);
    records(answers, walked.answer);
    records(authorities, walked.authority);
    records(additionals, walked.additional);
    if (sound() && at_ != message_.size()) fail("octets are left over");
    if (!sound()) {
      why = why_;
      return std::nullopt;
    }
    return walked;
  }

 private:
  bool sound() const { return why_ == nullptr; }
  void fail(const char* why) {
    if (sound()) why_ = why;
  }
  std::uint8_t u8() {
    if (at_ < message_.size()) return message_[at_++];
    fail("a field is cut short");
    return 0;
  }
  std::uint16_t u16() {
    const std::uint16_t high = u8();
    return static_cast<std::uint16_t>(high << 8 | u8());
  }

  // The name at at_, which moves behind it.
  std::string read_name() {
    std::string name;
    std::size_t from = at_;
    std::optional<std::size_t> behind;  // of the first pointer
    std::vector<std::size_t> own;       // where labels of this name begin: no pointer's aim yet
    while (sound()) {
      const std::size_t start = at_;
      const std::uint8_t length = u8();
      if (!sound()) break;
      if (!behind) own.push_back(start);  // a pointer may lead to a pointer, always backwards
      if ((length & 0xc0) == 0xc0) {
        const std::size_t aim = std::size_t{length & 0x3fu} << 8 | u8();
        if (!behind) behind = at_;
        if (aim >= from || !labels_[aim]) fail("a pointer leads to no earlier label");
        from = at_ = aim;
        continue;
      }
      if (length > 63) fail("a label is of an unknown type");
      if (length == 0) break;
      name += static_cast<char>(length);
      for (int i = 0; i < length && sound(); ++i) {
        const std::uint8_t octet = u8();
        name += static_cast<char>(octet >= 'A' && octet <= 'Z' ? octet + 32 : octet);
      }
      if (name.size() > 254) fail("a name is longer than 255 octets");
    }
    for (const std::size_t start : own) {
      if (start < labels_.size()) labels_.set(start);
    }
    if (behind) at_ = *behind;
    return name;
  }

  void records(std::size_t count, std::vector<WalkedRecord>& into) {
    for (std::size_t i = 0; i < count && sound(); ++i) into.push_back(record());
  }

  WalkedRecord record() {
    WalkedRecord record;
    record.owner = read_name();
    record.type = u16();
    record.rr_class = u16();
    record.ttl = std::uint32_t{u16()} << 16;
    record.ttl |= u16();
    const std::size_t octets = u16();
    if (octets > message_.size() - at_) fail("RDATA is longer than its message");
    if (!sound()) return record;
    record.rdata = message_.subspan(at_, octets);
    const std::size_t end = at_ + octets;
    switch (record.type) {
      case type_ns:
      case type_cname:
      case type_ptr:
      case type_dname: record.target = read_name(); break;
      case type_mx:
        u16();
        read_name();
        break;
      case type_soa:
        read_name();
        read_name();
        at_ += 20;
        break;
      default: at_ = end;
    }
    if (at_ != end) fail("RDATA is not as long as its fields");
    if (record.type == type_dname && octets != record.target.size() + 1) {
      fail("the target of a DNAME is compressed");  // RFC 6672 section 2.5
    }
    at_ = std::min(end, message_.size());
    return record;
  }

  ByteView message_;
  std::size_t at_ = 0;
  const char* why_ = nullptr;
  std::bitset<0x4000> labels_;  // where a label of an earlier name begins
};

const WalkedRecord* opt_of(const Walked& message) {
  for (const WalkedRecord& record : message.additional) {
    if (record.type == type_opt) return &record;
  }
  return nullptr;
}

int rcode_of(const Walked& message) {
  const WalkedRecord* opt = opt_of(message);
  return (message.flags & 0xf) | (opt == nullptr ? 0 : static_cast<int>(opt->ttl >> 24 << 4));
}

bool is_below(const std::string& name, const std::string& ancestor) {
  std::size_t at = 0;
  while (at < name.size() && name.size() - at > ancestor.size()) {
    at += std::size_t{static_cast<unsigned char>(name[at])} + 1;
  }
  return at != 0 && name.compare(at, std::string::npos, ancestor) == 0;
}

// Codes and values of an OPT's options; ends the process if they do not fill it.
std::vector<std::pair<std::uint16_t, ByteView>> options_of(const WalkedRecord& opt) {
  std::vector<std::pair<std::uint16_t, ByteView>> options;
  base::Reader in(opt.rdata);
  while (!in.at_end()) {
    const auto code = in.take_u16(), octets = in.take_u16();
    const auto value = octets ? in.take(*octets) : std::nullopt;
    TIDEMARK_CHECK(value.has_value(), "the options fill the OPT of a reply");
    options.emplace_back(*code, *value);
  }
  return options;
}

void check_header(ByteView query, const Walked& reply) {
  const std::uint16_t asked = base::load_u16(query.data() + 2);
  TIDEMARK_CHECK(reply.id == base::load_u16(query.data()), "the id is echoed");
  TIDEMARK_CHECK((reply.flags & 0x8000) != 0, "QR is set");
  TIDEMARK_CHECK((reply.flags & 0x7900) == (asked & 0x7900), "opcode and RD are echoed");
  TIDEMARK_CHECK((reply.flags & 0x00f0) == 0, "RA, Z, AD and CD are clear");
  TIDEMARK_CHECK(reply.question_count <= 1, "one question at most comes back");
  TIDEMARK_CHECK(query.size() >= 12 + reply.question.size() &&
                     std::ranges::equal(reply.question, query.subspan(12, reply.question.size())),
                 "the question is echoed octet by octet");
  const int rcode = rcode_of(reply);
  const bool may_be_authoritative = rcode == no_error || rcode == nx_domain || rcode == yx_domain;
  TIDEMARK_CHECK((reply.flags & 0x0400) == 0 || may_be_authoritative, "AA stands with no error");
}

// CNAME before its target, every record of a name that the chain has come to.
void check_chain(const Walked& reply) {
  std::string name = reply.qname;
  for (const WalkedRecord& record : reply.answer) {
    if (record.type == type_dname && is_below(name, record.owner)) continue;
    TIDEMARK_CHECK(record.owner == name, "a record of the answer belongs to its chain");
    const bool asked_for = reply.qtype == type_cname || reply.qtype == type_any;
    if (record.type == type_cname && !asked_for) name = record.target;
  }
}

void check_sections(const Walked& reply) {
  const bool has_records = !reply.answer.empty() || !reply.authority.empty();
  if (!has_records) {
    TIDEMARK_CHECK(rcode_of(reply) != nx_domain || (reply.flags & 0x0200) != 0,
                   "NXDOMAIN brings a SOA");
    return;
  }
  TIDEMARK_CHECK(reply.question_count == 1, "records answer a question");
  TIDEMARK_CHECK((reply.flags & 0x0200) == 0, "a truncated reply holds no half of an answer");
  const int rcode = rcode_of(reply);
  TIDEMARK_CHECK(rcode == no_error || rcode == nx_domain || rcode == yx_domain,
                 "an error brings no records");
  std::size_t soas = 0, cuts = 0;
  for (const WalkedRecord& record : reply.authority) {
    soas += record.type == type_soa;
    cuts += record.type == type_ns;
  }
  TIDEMARK_CHECK(soas + cuts == reply.authority.size() || cuts != 0, "authority: SOA or NS");
  TIDEMARK_CHECK(soas <= 1 && (soas == 0 || cuts == 0), "one SOA, or a cut, never both");
  TIDEMARK_CHECK(rcode != nx_domain || soas == 1, "NXDOMAIN brings the SOA");
  if (reply.qclass == 1) check_chain(reply);
}

void check_opt(const Walked* query, const Walked& reply) {
  std::size_t opts = 0;
  for (const WalkedRecord& record : reply.additional) opts += record.type == type_opt;
  TIDEMARK_CHECK(opts <= 1, "one OPT at most");
  const WalkedRecord* sent = opt_of(reply);
  if (query == nullptr) return;  // not even we could have found one in it
  const WalkedRecord* asked = opt_of(*query);
  if (sent == nullptr) {
    const int rcode = rcode_of(reply);
    const bool plain = rcode == form_err || rcode == not_imp || rcode == not_auth;
    TIDEMARK_CHECK(asked == nullptr || plain || (query->flags & 0x7800) != 0,
                   "an OPT is answered with an OPT");
    return;
  }
  TIDEMARK_CHECK(asked != nullptr, "no OPT that was not asked for");
  TIDEMARK_CHECK(sent->owner.empty() && sent->rr_class == 1232, "an OPT of the root, 1232 octets");
  TIDEMARK_CHECK((sent->ttl & 0x00ffffff) == (asked->ttl & 0x8000),
                 "EDNS version 0, DO copied, no other flag");
  std::map<std::uint16_t, ByteView> wanted;  // the first of each
  const bool malformed = rcode_of(reply) == form_err || (asked->ttl >> 16 & 0xff) != 0;
  if (!malformed) {
    for (const auto& option : options_of(*asked)) wanted.insert(option);
  }
  std::set<std::uint16_t> seen;
  for (const auto& [code, value] : options_of(*sent)) {
    TIDEMARK_CHECK(seen.insert(code).second, "no option comes twice");
    const bool known = code == 3 || code == option_cookie || code == 11 || code == 15 ||
                       code == 19 || code == 65001;
    TIDEMARK_CHECK(known, "an option of ours");
    TIDEMARK_CHECK(code == 15 || malformed || wanted.contains(code), "an option that was asked");
    if (code != option_cookie || malformed) continue;
    TIDEMARK_CHECK(value.size() == 24 && std::ranges::equal(value.first(8), wanted[code].first(8)),
                   "a cookie is the client's part and ours");
  }
}

std::size_t octets_allowed(const Walked* query) {
  const WalkedRecord* opt = query == nullptr ? nullptr : opt_of(*query);
  if (opt == nullptr) return query == nullptr ? 1232 : 512;
  return std::clamp<std::size_t>(opt->rr_class, 512, 1232);
}

}  // namespace

std::optional<Walked> walk_message(ByteView message, const char*& why) {
  return Walk(message).message(why);
}

void check_reply(ByteView query, ByteView reply, bool over_udp) {
  const char* why = "";
  const auto asked = walk_message(query, why);  // nothing: it deserves an error
  const auto walked = walk_message(reply, why);
  if (!walked) base::check_failed("walk_message(reply)", why, __FILE__, __LINE__);
  const Walked* sound_query = asked ? &*asked : nullptr;
  check_header(query, *walked);
  check_sections(*walked);
  check_opt(sound_query, *walked);
  TIDEMARK_CHECK(!over_udp || reply.size() <= octets_allowed(sound_query),
                 "a datagram is no larger than its client takes");
  TIDEMARK_CHECK(over_udp || (walked->flags & 0x0200) == 0, "TC is for datagrams");
}

}  // namespace tidemark::fuzz
