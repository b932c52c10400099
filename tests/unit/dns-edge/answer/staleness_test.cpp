// What a node says that has not heard from the log for long: EDE 3, and zones with an expiry.
#include "core/dataset/editor.hpp"
#include "tests/unit/dns-edge/answer/zone_under_test.hpp"

namespace tidemark::edge {
namespace {

using base::Bytes;
using dns::Rcode;

constexpr std::uint16_t error_code = 15, zone_version_code = 19;

class Staleness : public Answers {
 protected:
  Asked ask_about(std::string name, bool with_opt = true) {
    support::Question question{.name = std::move(name)};
    if (with_opt) {
      question.payload = 1232;
      question.options = {{zone_version_code, {}}};
    }
    return Answers::ask(question);
  }
  static std::optional<Bytes> error_of(const Asked& asked) {
    return support::option_of(asked.message, error_code);
  }
  // `zone` with an expiry; the others of the world without.
  void expire(const char* zone, std::uint32_t seconds) {
    dataset::ZoneSettings of_zone;
    of_zone.expire_seconds = seconds;
    world.settings(zone, of_zone);
  }
  const Bytes stale{0, 3}, invalid{0, 24};
};

TEST_F(Staleness, IsToldBesideTheAnswerFromTheThresholdOn) {
  settings.stale_answer_seconds = 900;
  now.stale_seconds = 899;
  EXPECT_FALSE(error_of(ask_about("www.example.org.")));
  now.stale_seconds = 900;
  for (const char* name : {"www.example.org.", "no.example.org."}) {
    const Asked asked = ask_about(name);
    EXPECT_EQ(error_of(asked), stale) << name;
    EXPECT_TRUE(asked.flag(dns::flag_aa));
    EXPECT_TRUE(support::option_of(asked.message, zone_version_code));
  }
  EXPECT_FALSE(ask_about("www.example.org.").answer().empty());
  EXPECT_EQ(error_of(ask_about("not.hosted.")), (Bytes{0, 20}));
  EXPECT_FALSE(support::has_opt(ask_about("www.example.org.", false).message));
  settings.stale_answer_seconds = 0;
  EXPECT_FALSE(error_of(ask_about("www.example.org."))) << "0: never";
}

TEST_F(Staleness, AZoneWithAnExpiryIsRefusedOnceThatHasPassed) {
  expire("example.org.", 3600);
  now.stale_seconds = 3600;
  EXPECT_EQ(ask_about("www.example.org.").message.rcode(), Rcode::NoError);
  now.stale_seconds = 3601;
  for (const char* name : {"www.example.org.", "example.org.", "no.example.org."}) {
    const Asked asked = ask_about(name);
    EXPECT_EQ(asked.message.rcode(), Rcode::Refused) << name;
    EXPECT_EQ(error_of(asked), invalid);
    EXPECT_FALSE(asked.flag(dns::flag_aa));
    EXPECT_TRUE(asked.answer().empty() && asked.authority().empty());
    EXPECT_FALSE(support::option_of(asked.message, zone_version_code));
  }
  EXPECT_EQ(ask_about("x.example.net.").message.rcode(), Rcode::NoError) << "it has none";
  now.stale_seconds = 0;
  EXPECT_EQ(ask_about("www.example.org.").message.rcode(), Rcode::NoError) << "it was heard of";
}

TEST_F(Staleness, AnAliasIntoAnExpiredZoneEndsTheChain) {
  world.zone(
      "$ORIGIN alias.test.\n$TTL 60\n@ SOA a b 1 2 3 4 5\n@ NS n.other.test.\n"
      "c CNAME x.example.net.\n");
  expire("example.net.", 60);
  now.stale_seconds = 61;
  const Asked asked = ask_about("c.alias.test.");
  EXPECT_EQ(asked.message.rcode(), Rcode::NoError);
  EXPECT_EQ(asked.answer(), Lines{"c.alias.test. 60 CNAME x.example.net."});
  EXPECT_TRUE(asked.authority().empty());
}

TEST_F(Staleness, IsLeftOutFirstWhenRoomIsShort) {
  now.stale_seconds = 10'000;
  for (int records = 65; records < 78; ++records) {
    world.zone(
        "$ORIGIN large.test.\n$TTL 60\n@ SOA a b 1 2 3 4 5\n@ NS n.other.test.\n"
        "$GENERATE 1-" +
        std::to_string(records) + " x A 10.0.0.$\n");
    const Asked asked = ask_about("x.large.test.");
    EXPECT_LE(asked.wire.size(), dns::udp_payload_octets);
    const bool fits_version = support::option_of(asked.message, zone_version_code).has_value();
    EXPECT_TRUE(fits_version || !error_of(asked)) << records;
  }
}

// RFC 4035 section 2.5: they may stand beside a CNAME, so they are asked of its owner.
TEST_F(Answers, RrsigAndNsecAtACnameOwnerAreAnsweredThere) {
  world.zone(
      "$ORIGIN signed.test.\n$TTL 60\n@ SOA a b 1 2 3 4 5\n@ NS n.other.test.\n"
      "c CNAME t\nt A 192.0.2.1\n"
      "c RRSIG CNAME 8 3 60 20300101000000 20200101000000 1 signed.test. AAAA\n"
      "c NSEC signed.test. CNAME RRSIG NSEC\n"
      "bare CNAME t\n*.w CNAME t\n");
  for (const dns::RrType type : {dns::RrType::Rrsig, dns::RrType::Nsec}) {
    const Asked asked = ask("c.signed.test.", type);
    ASSERT_EQ(asked.answer().size(), 1u);
    EXPECT_NE(asked.answer()[0].find(dns::to_text(type)), std::string::npos) << asked.answer()[0];
    for (const char* without : {"bare.signed.test.", "x.w.signed.test."}) {
      const Asked none = ask(without, type);
      EXPECT_EQ(none.message.rcode(), dns::Rcode::NoError);
      EXPECT_TRUE(none.answer().empty());
      EXPECT_EQ(none.authority().size(), 1u) << "NODATA";
    }
  }
  EXPECT_EQ(ask("c.signed.test.", dns::RrType::Txt).answer().size(), 1u) << "others follow it";
}

}  // namespace
}  // namespace tidemark::edge
