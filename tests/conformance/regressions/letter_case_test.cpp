// D12: other systems looked names up with their letter case.
//
// The edge answers any spelling and gives it back bit by bit; the fold knows one spelling only, so
// two ChangeSets that differ in letter case touch one RRset.
#include <algorithm>
#include <cctype>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "core/dns/rdata.hpp"
#include "core/fold/fold.hpp"
#include "dns-edge/answer/respond.hpp"
#include "tests/support/dns_world.hpp"
#include "tests/support/life.hpp"

namespace tidemark::edge {
namespace {

using base::Bytes;
using dns::RrType;

constexpr std::string_view zone_text = R"($ORIGIN Case.Test.
$TTL 300
@       SOA ns.Else.test. a 1 2 3 4 5
@       NS  ns.else.test.
WWW     A   192.0.2.1
alias   CNAME wWw
*.Wild  TXT "x"
cut     NS  NS.cut
ns.cut  A   192.0.2.2
moved   DNAME WwW.case.test.
)";

std::string randomised(std::string_view text) {
  std::string spelled(text);
  for (char& letter : spelled) {
    const bool is_letter = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z');
    if (is_letter && *rc::gen::arbitrary<bool>()) letter = static_cast<char>(letter ^ 0x20);
  }
  return spelled;
}

// A name in RDATA may be a pointer into the question, and shows the client's letters then.
std::vector<std::string> folded(const std::vector<dns::MessageRecord>& records) {
  std::vector<std::string> lines = support::lines_of(records);
  for (std::string& line : lines) {
    std::ranges::transform(line, line.begin(), [](unsigned char letter) {
      return static_cast<char>(std::tolower(letter));
    });
  }
  return lines;
}

Bytes answer_to(const support::DnsWorld& world, const std::string& name, RrType type) {
  Bytes room(dns::udp_payload_octets);
  const auto query = support::to_wire({.name = name, .type = type, .payload = std::uint16_t{1232}});
  room.resize(respond(query, {}, {}, world.snapshot(), {}, room).octets);
  return room;
}

RC_GTEST_PROP(LetterCase, d12_AnySpellingGetsTheSameAnswerAndItsOwnSpellingBack, ()) {
  static const support::DnsWorld world = [] {
    support::DnsWorld made;
    made.zone(zone_text);
    return made;
  }();
  const std::string plain = *rc::gen::element<std::string>(
      "www.case.test.", "alias.case.test.", "a.b.wild.case.test.", "no.case.test.",
      "x.cut.case.test.", "x.moved.case.test.", "case.test.", "else.test.");
  const RrType type = *rc::gen::element(RrType::A, RrType::Txt, RrType::Soa, RrType::Cname);
  const std::string spelled = randomised(plain);
  const Bytes expected = answer_to(world, plain, type), got = answer_to(world, spelled, type);
  const auto one = dns::read_message(expected), other = dns::read_message(got);
  RC_ASSERT(one && other);
  RC_ASSERT(one->rcode() == other->rcode());
  RC_ASSERT(folded(one->answer) == folded(other->answer));
  RC_ASSERT(folded(one->authority) == folded(other->authority));
  RC_ASSERT(folded(one->additional) == folded(other->additional));
  const Bytes query = support::to_wire({.name = spelled, .type = type});
  RC_ASSERT(std::equal(query.begin() + 12, query.end(), got.begin() + 12));
}

dns::Rrset txt(const dns::Name& owner, const char* text) {
  return {owner,
          RrType::Txt,
          dns::Ttl(60),
          {*dns::rdata_from_text(RrType::Txt, text, dns::Name::root())}};
}

RC_GTEST_PROP(LetterCase, d12_ChangeSetsThatDifferInCaseTouchOneRrset, ()) {
  const auto fold_with = [](const std::string& first, const std::string& second) {
    const dns::Name zone = support::name("case.test.");
    fold::State state = fold::State::empty(dataset::Lineage({1, 2}), dataset::HashSeed(5));
    RC_ASSERT(std::holds_alternative<fold::Accepted>(
        fold::step(state, support::create_zone(1, zone), 0)));
    const std::size_t before = state.dataset.rrset_count();
    for (const auto& [number, spelled] : {std::pair(2u, first), {3u, second}}) {
      const auto put = support::put(number, support::name(randomised("case.test.")),
                                    txt(support::name(spelled), number == 2 ? "\"a\"" : "\"b\""));
      const auto judged = fold::step(state, put, number - 1);
      RC_ASSERT(std::holds_alternative<fold::Accepted>(judged));
    }
    RC_ASSERT(state.dataset.rrset_count() == before + 1);
    return state.dataset.version();
  };
  const std::string name = "host.case.test.";
  RC_ASSERT(fold_with(randomised(name), randomised(name)) == fold_with(name, name));
}

TEST(LetterCase, d12_OnlyAsciiLettersAreFolded) {
  support::DnsWorld world;
  world.zone(zone_text);
  // '@' and '`', '[' and '{', and the two Latin-1 spellings of the umlaut differ by the same bit.
  world.zone(
      "$ORIGIN o.test.\n@ 60 SOA a b 1 2 3 4 5\n@ 60 NS ns.else.test.\n"
      "\\@ 60 A 192.0.2.1\n[ 60 A 192.0.2.2\n\\196 60 A 192.0.2.3\n");
  for (const char* found : {"\\@.o.test.", "[.O.test.", "\\196.o.TEST."}) {
    EXPECT_EQ(dns::read_message(answer_to(world, found, RrType::A))->answer.size(), 1u) << found;
  }
  for (const char* other : {"`.o.test.", "{.o.test.", "\\228.o.test."}) {
    EXPECT_EQ(dns::read_message(answer_to(world, other, RrType::A))->rcode(), dns::Rcode::NxDomain)
        << other;
  }
}

}  // namespace
}  // namespace tidemark::edge
