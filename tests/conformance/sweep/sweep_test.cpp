// All 65,536 QTYPEs, all 2^8 patterns of the header's flags (and its RCODE), all 16 opcodes.
//
// The product is 268 million questions a name. The short form leaves most of it out, and says why
// it may: every reply is compared octet by octet with what the table of its factors says.
//   QR=1                   silence, whatever the rest
//   another opcode         twelve octets that hold opcode, RD and the RCODE of the opcode
//   QUERY                  the reply to the same question with all flags clear, and RD copied
// So a flag that changed anything else for one type only would be missed by the short form alone:
// TIDEMARK_SWEEP=full asks them all.
#include <cstdlib>
#include <string_view>

#include "tests/unit/dns-edge/answer/zone_under_test.hpp"

namespace tidemark::edge {
namespace {

using base::Bytes;
using dns::Rcode;
using support::Question;

constexpr std::uint32_t types = 65536;

enum class Kind {
  Plain,     // www.example.org.: A and TXT
  Empty,     // an empty non-terminal
  Missing,   // NXDOMAIN
  Wildcard,  // *.wild: A
  Cut,       // delegated, without DS
  BelowCut,
  Alias,     // a CNAME to Plain
  Redirect,  // below a DNAME, to a name with A
  Outside,
};

struct Asking {
  Kind kind;
  std::string_view name;
};
constexpr Asking askings[] = {
    {Kind::Plain, "wWw.example.org."},   {Kind::Empty, "ent.example.org."},
    {Kind::Missing, "no.example.org."},  {Kind::Wildcard, "x.y.wild.example.org."},
    {Kind::Cut, "cut.example.org."},     {Kind::BelowCut, "x.cut.example.org."},
    {Kind::Alias, "alias.example.org."}, {Kind::Redirect, "x.into.example.org."},
    {Kind::Outside, "else.test."},
};

// What a reply must look like without looking into its records.
struct Expected {
  Rcode rcode = Rcode::NoError;
  bool aa = true;
  unsigned answers = 0, authorities = 0;

  friend bool operator==(const Expected&, const Expected&) = default;
};

std::optional<Expected> of_meta_type(std::uint32_t type) {
  switch (type) {
    case 251:  // IXFR, AXFR
    case 252: return Expected{Rcode::Refused, false};
    case 253: // MAILB, MAILA
    case 254: return Expected{Rcode::NotImp, false};
    case 41:  // OPT, NXNAME, TKEY, TSIG
    case 128:
    case 249:
    case 250: return Expected{Rcode::FormErr, false};
    default:  return std::nullopt;
  }
}

constexpr std::uint32_t a = 1, cname = 5, txt = 16, ds = 43, rrsig = 46, nsec = 47, any = 255;

// ANY over UDP is one RRset: here the TXT, which is smaller than two addresses.
Expected of_ordinary_type(Kind kind, std::uint32_t type) {
  const Expected nodata{.authorities = 1};
  const Expected referral{.aa = false, .authorities = 3};
  switch (kind) {
    case Kind::Plain:
      if (type == a) return {.answers = 2};
      return type == txt || type == any ? Expected{.answers = 1} : nodata;
    case Kind::Empty:    return nodata;
    case Kind::Missing:  return {.rcode = Rcode::NxDomain, .authorities = 1};
    case Kind::Wildcard: return type == a || type == any ? Expected{.answers = 1} : nodata;
    case Kind::Cut:      return type == ds ? nodata : referral;
    case Kind::BelowCut: return referral;
    case Kind::Alias:
      if (type == cname || type == any) return {.answers = 1};
      if (type == rrsig || type == nsec) return nodata;  // they may stand beside a CNAME
      if (type == a) return {.answers = 3};
      return type == txt ? Expected{.answers = 2} : Expected{.answers = 1, .authorities = 1};
    case Kind::Redirect:
      if (type == cname || type == any) return {.answers = 2};
      return type == a ? Expected{.answers = 3} : Expected{.answers = 2, .authorities = 1};
    case Kind::Outside: return {Rcode::Refused, false};
  }
  return {};
}

Expected expected_of(Kind kind, std::uint32_t type) {
  if (const auto meta = of_meta_type(type)) return *meta;
  return of_ordinary_type(kind, type);
}

std::ostream& operator<<(std::ostream& out, const Expected& expected) {
  return out << dns::to_text(expected.rcode) << " aa=" << expected.aa << " answers "
             << expected.answers << " authorities " << expected.authorities;
}

class Sweep : public Answers {
 protected:
  Sweep() : snapshot(world.snapshot()) {}

  // A query that only its two numbers make different from the next one.
  struct Template {
    Bytes octets;
    std::size_t type_at;
    std::size_t question_octets;
    bool edns;

    void set(std::uint32_t header, std::uint32_t type) {
      octets[2] = static_cast<std::uint8_t>(header >> 8);
      octets[3] = static_cast<std::uint8_t>(header);
      octets[type_at] = static_cast<std::uint8_t>(type >> 8);
      octets[type_at + 1] = static_cast<std::uint8_t>(type);
    }
  };
  static Template make(std::string_view name, bool edns) {
    Question question{.name = std::string(name)};
    if (edns) question.payload = 1232;
    Template made{support::to_wire(question), 0, 0, edns};
    const std::size_t tail = edns ? 11 : 0;
    made.type_at = made.octets.size() - tail - 4;
    made.question_octets = made.octets.size() - tail - dns::header_octets;
    return made;
  }

  base::ByteView reply_to(const Template& query) {
    const Reply reply = respond(query.octets, client, now, snapshot, settings, room);
    return base::ByteView(room).first(reply.octets);
  }

  // What holds for every reply to a QUERY, and its numbers. Nothing if one of them is broken.
  std::optional<Expected> judge(const Template& query, base::ByteView reply) {
    const std::size_t limit = query.edns ? dns::udp_payload_octets : dns::udp_payload_octets_min;
    if (reply.size() < dns::header_octets + query.question_octets) return std::nullopt;
    if (client.transport == Transport::Udp && reply.size() > limit) return std::nullopt;
    const bool same_id = reply[0] == query.octets[0] && reply[1] == query.octets[1];
    const auto asked = base::ByteView(query.octets).subspan(12, query.question_octets);
    const bool echoed = std::ranges::equal(asked, reply.subspan(12, query.question_octets));
    const std::uint16_t bits = base::load_u16(&reply[2]);
    const auto fixed = static_cast<std::uint16_t>(bits & ~(dns::flag_aa | dns::rcode_mask));
    const auto rd = static_cast<std::uint16_t>(base::load_u16(&query.octets[2]) & dns::flag_rd);
    const bool one_question = base::load_u16(&reply[4]) == 1;
    const bool header_sound = fixed == (dns::flag_qr | rd) && one_question;
    if (!same_id || !echoed || !header_sound) return std::nullopt;
    return Expected{static_cast<Rcode>(bits & dns::rcode_mask), (bits & dns::flag_aa) != 0,
                    base::load_u16(&reply[6]), base::load_u16(&reply[8])};
  }

  const consumer::Snapshot snapshot;
  Bytes room = Bytes(dns::message_octets_max);
};

TEST_F(Sweep, d11_EveryTypeAtEveryKindOfNameHasTheRcodeOfTheTable) {
  for (const Transport transport : {Transport::Udp, Transport::Tcp}) {
    client.transport = transport;
    for (const bool edns : {false, true}) {
      for (const auto& [kind, name] : askings) {
        Template query = make(name, edns);
        for (std::uint32_t type = 0; type < types; ++type) {
          query.set(0, type);
          Expected expected = expected_of(kind, type);
          const bool whole = type == any && kind == Kind::Plain && transport == Transport::Tcp;
          if (whole) expected.answers = 3;
          const auto seen = judge(query, reply_to(query));
          ASSERT_EQ(seen, expected) << name << " TYPE" << type << " edns " << edns;
        }
      }
    }
  }
}

// Any header word: silence, the opcode's header, or the reply to the same question without flags.
class Headers : public Sweep {
 protected:
  void check_headers(const Template& plain, std::uint32_t type, std::uint32_t step) {
    Template query = plain;
    query.set(0, type);
    const auto first = reply_to(query);
    Bytes expected(first.begin(), first.end());
    for (std::uint32_t header = 0; header < 65536; header += step) {
      query.set(header, type);
      const auto reply = reply_to(query);
      const bool sound = is_sound(header, expected, reply);
      ASSERT_TRUE(sound) << "TYPE" << type << " header word " << header;
    }
  }

 private:
  static bool is_sound(std::uint32_t header, Bytes& query_reply, base::ByteView reply) {
    if ((header & dns::flag_qr) != 0) return reply.empty();
    const auto rd = static_cast<std::uint8_t>(header >> 8 & 1);
    const auto opcode = static_cast<std::uint8_t>(header >> 8 & 0x78);
    if (opcode == 0) {
      query_reply[2] = static_cast<std::uint8_t>((query_reply[2] & 0xfe) | rd);
      return std::ranges::equal(reply, query_reply);
    }
    const std::uint8_t rcode = opcode == 0x28 ? 5 : 4;
    const std::uint8_t bare[12] = {0x12, 0x34, static_cast<std::uint8_t>(0x80 | opcode | rd),
                                   rcode};
    return std::ranges::equal(reply, bare);
  }
};

bool is_full() {
  const char* asked = std::getenv("TIDEMARK_SWEEP");
  return asked != nullptr && std::string_view(asked) == "full";
}

TEST_F(Headers, AllFlagsAndOpcodesWithTypesOfEachKind) {
  for (const bool edns : {false, true}) {
    for (const auto& asking : askings) {
      const Template query = make(asking.name, edns);
      for (const std::uint32_t type : {1u, 5u, 28u, 41u, 43u, 128u, 252u, 253u, 255u, 65535u}) {
        check_headers(query, type, edns ? 1 : 16);  // RCODE bits of the query: once is enough
      }
    }
  }
}

// Every type with every opcode and the flags that a step of 0x07f0 meets; every flag in full form.
TEST_F(Headers, AllTypesWithEveryOpcodeAndFlagPattern) {
  for (const auto& [kind, name] : askings) {
    if (!is_full() && kind != Kind::Plain && kind != Kind::Missing) continue;
    for (const bool edns : {true, false}) {
      if (!is_full() && !edns) continue;
      const Template query = make(name, edns);
      for (std::uint32_t type = 0; type < types; ++type) {
        check_headers(query, type, is_full() ? 16 : 0x07f0);
        if (HasFatalFailure()) return;
      }
    }
  }
}

}  // namespace
}  // namespace tidemark::edge
