// Cookies (RFC 7873, 9018), limited sources, amplification.
#include "core/dns/cookie.hpp"

#include "tests/unit/dns-edge/answer/zone_under_test.hpp"

namespace tidemark::edge {
namespace {

using base::Bytes;
using dns::Rcode;
using support::Question;

constexpr std::uint16_t cookie_code = 10;

class Cookies : public Answers {
 protected:
  Cookies() {
    secrets.count = 2;
    secrets.secrets[0].fill(1);
    secrets.secrets[1].fill(2);
  }
  Question question(const Bytes& cookie, std::string name = "www.example.org.") {
    return {.name = std::move(name),
            .payload = std::uint16_t{1232},
            .options = {{cookie_code, cookie}}};
  }
  Bytes minted(std::size_t secret = 0, std::uint32_t age = 0) {
    const auto cookie =
        dns::mint_cookie(client_part, base::ByteView(client.address).first(client.address_octets),
                         now.unix_seconds - age, secrets.secrets[secret]);
    return {cookie.begin(), cookie.end()};
  }
  // A query without question: a header with QDCOUNT 0, an OPT with the cookie.
  Bytes cookie_only(const Bytes& cookie) {
    const Bytes whole = support::to_wire(question(cookie, "."));
    Bytes wire(whole.begin(), whole.begin() + 12);
    wire.insert(wire.end(), whole.begin() + 12 + 5, whole.end());
    wire[5] = 0;
    return wire;
  }
  static Bytes cookie_of(const Asked& asked) {
    return support::option_of(asked.message, cookie_code).value_or(Bytes{});
  }
  Asked ask_raw(const Bytes& wire, Transport transport = Transport::Udp) {
    Bytes reply = raw(wire, transport);
    auto message = dns::read_message(reply);
    EXPECT_TRUE(message.has_value());
    return {last, std::move(reply), *std::move(message)};
  }

  const Bytes client_part = {1, 2, 3, 4, 5, 6, 7, 8};
};

TEST_F(Cookies, AClientPartAloneGetsTheAnswerAndACookie) {
  const Asked asked = ask(question(client_part));
  EXPECT_EQ(asked.message.rcode(), Rcode::NoError);
  EXPECT_FALSE(asked.answer().empty());
  EXPECT_EQ(cookie_of(asked), minted());
  EXPECT_EQ(last.cookie, CookieState::ClientOnly);
}

TEST_F(Cookies, AValidOneIsReturnedWhileItIsYoungAndRenewedAfterwards) {
  EXPECT_EQ(cookie_of(ask(question(minted(0, 1799)))), minted(0, 1799));
  EXPECT_EQ(last.cookie, CookieState::Valid);
  EXPECT_EQ(cookie_of(ask(question(minted(0, 1800)))), minted());
  EXPECT_EQ(last.cookie, CookieState::Valid);
  EXPECT_EQ(cookie_of(ask(question(minted(1)))), minted()) << "by the secret that only verifies";
  EXPECT_EQ(last.cookie, CookieState::Valid);
}

TEST_F(Cookies, AnInvalidServerPartIsAsGoodAsNone) {
  for (const std::size_t octets : {16u, 24u, 40u}) {
    Bytes wrong = minted();
    wrong[20] ^= 1;
    wrong.resize(octets);
    const Asked asked = ask(question(wrong));
    EXPECT_EQ(asked.message.rcode(), Rcode::NoError);
    EXPECT_FALSE(asked.answer().empty());
    EXPECT_EQ(cookie_of(asked), minted());
    EXPECT_EQ(last.cookie, CookieState::ClientOnly);
  }
  const Bytes mine = minted();
  client.address[3] ^= 1;
  ask(question(mine));
  EXPECT_EQ(last.cookie, CookieState::ClientOnly) << "the cookie of another address";
}

TEST_F(Cookies, OfOtherLengthsAreFormErrWithOptAndQuestion) {
  for (const std::size_t octets : {0u, 1u, 7u, 9u, 15u, 41u}) {
    const Asked asked = ask(question(Bytes(octets)));
    EXPECT_EQ(asked.message.rcode(), Rcode::FormErr) << octets;
    EXPECT_EQ(asked.message.question_count, 1);
    EXPECT_TRUE(support::has_opt(asked.message));
    EXPECT_TRUE(cookie_of(asked).empty());
    EXPECT_EQ(last.cookie, CookieState::None);
  }
}

TEST_F(Cookies, AreIgnoredWithoutASecret) {
  secrets = {};
  const Asked asked = ask(question(client_part));
  EXPECT_FALSE(asked.answer().empty());
  EXPECT_TRUE(cookie_of(asked).empty());
  EXPECT_EQ(last.cookie, CookieState::None);
  EXPECT_EQ(ask_raw(cookie_only(client_part)).message.rcode(), Rcode::FormErr);
}

TEST_F(Cookies, ComeWithErrorsToo) {
  const Asked refused = ask(question(client_part, "not.hosted."));
  EXPECT_EQ(refused.message.rcode(), Rcode::Refused);
  EXPECT_EQ(cookie_of(refused), minted());
  Question transfer = question(client_part, "example.org.");
  transfer.type = dns::RrType::Axfr;
  EXPECT_EQ(cookie_of(ask(transfer, Transport::Tcp)), minted());
  Question future = question(client_part);
  future.edns_version = 1;
  EXPECT_TRUE(cookie_of(ask(future)).empty()) << "no option of an unknown version is looked at";
}

TEST_F(Cookies, WithoutAQuestionOneIsGivenOrChecked) {
  for (const Transport transport : {Transport::Udp, Transport::Tcp}) {
    for (const Bytes& cookie : {client_part, minted(0, 100)}) {
      const Asked asked = ask_raw(cookie_only(cookie), transport);
      EXPECT_EQ(asked.message.rcode(), Rcode::NoError);
      EXPECT_EQ(asked.message.question_count, 0);
      EXPECT_FALSE(asked.flag(dns::flag_aa));
      EXPECT_EQ(cookie_of(asked), cookie.size() == 8 ? minted() : cookie);
    }
    Bytes wrong = minted();
    wrong[23] ^= 1;
    const Asked asked = ask_raw(cookie_only(wrong), transport);
    EXPECT_EQ(asked.message.rcode(),
              transport == Transport::Udp ? Rcode::BadCookie : Rcode::NoError);
    EXPECT_EQ(cookie_of(asked), minted());
  }
}

TEST_F(Cookies, AreNotLeftOutWhenTheAnswerIsLarge) {
  world.zone(
      "$ORIGIN large.test.\n$TTL 60\n@ SOA a b 1 2 3 4 5\n@ NS n.other.test.\n"
      "$GENERATE 1-72 fits A 10.0.0.$\n$GENERATE 1-76 not A 10.0.0.$\n");
  settings.nsid = std::string(128, 'n');
  Question fits = question(client_part, "fits.large.test.");
  fits.options.emplace_back(3, Bytes{});
  const Asked asked = ask(fits);
  EXPECT_EQ(asked.answer().size(), 72u);
  EXPECT_EQ(cookie_of(asked), minted());
  EXPECT_FALSE(support::option_of(asked.message, 3)) << "NSID gives way";
  for (const Bytes& cookie : {client_part, minted()}) {
    const Asked cut = ask(question(cookie, "not.large.test."));
    EXPECT_TRUE(cut.flag(dns::flag_tc));
    EXPECT_TRUE(cut.answer().empty());
    EXPECT_EQ(cookie_of(cut), minted());
  }
  // Whatever room the answer leaves: with its cookie it is whole, or truncated.
  for (int records = 60; records < 80; ++records) {
    world.zone(
        "$ORIGIN large.test.\n$TTL 60\n@ SOA a b 1 2 3 4 5\n@ NS n.other.test.\n"
        "$GENERATE 1-" +
        std::to_string(records) + " x A 10.0.0.$\n");
    const Asked any = ask(question(client_part, "x.large.test."));
    EXPECT_LE(any.wire.size(), dns::udp_payload_octets);
    EXPECT_EQ(cookie_of(any), minted());
    EXPECT_EQ(any.answer().size(), any.flag(dns::flag_tc) ? 0u : std::size_t(records));
  }
}

class Limited : public Cookies {
 protected:
  Limited() { limited = true; }
};

TEST_F(Limited, ASourceWithoutCookieIsSentToTcp) {
  for (const char* name : {"www.example.org.", "not.hosted.", "no.example.org."}) {
    const Question asking{.name = name, .payload = std::uint16_t{1232}};
    const Asked asked = ask(asking);
    EXPECT_EQ(asked.message.rcode(), Rcode::NoError);
    EXPECT_TRUE(asked.flag(dns::flag_tc));
    EXPECT_TRUE(last.truncated);
    EXPECT_TRUE(asked.answer().empty() && asked.authority().empty());
    EXPECT_EQ(asked.wire.size(), support::to_wire(asking).size());
  }
}

TEST_F(Limited, ASourceWithAClientCookieMayProveItself) {
  const Asked asked = ask(question(client_part));
  EXPECT_EQ(asked.message.rcode(), Rcode::BadCookie);
  EXPECT_FALSE(asked.flag(dns::flag_tc));
  EXPECT_TRUE(asked.answer().empty() && asked.authority().empty());
  EXPECT_EQ(cookie_of(asked), minted());
  EXPECT_EQ(asked.wire.size(), support::to_wire(question(client_part)).size() + 16);
  secrets = {};
  EXPECT_EQ(ask(question(client_part)).message.rcode(), Rcode::NoError);
  EXPECT_TRUE(last.truncated);
}

TEST_F(Limited, NeverBadCookieAndNeverTruncationOverTcp) {
  EXPECT_TRUE(raw(support::to_wire(question(client_part)), Transport::Tcp).empty());
}

TEST_F(Limited, NoReplyIsLargerThanTheQueryAndAServerCookie) {
  settings.nsid = std::string(100, 'n');
  std::vector<Bytes> queries;
  for (const int type : {1, 6, 16, 41, 128, 251, 252, 253, 255}) {
    for (const int rr_class : {1, 3, 255}) {
      for (const Bytes& cookie : {Bytes{}, client_part, minted(), Bytes(5)}) {
        Question asking{.name = "www.example.org.",
                        .type = dns::RrType(type),
                        .rr_class = dns::RrClass(rr_class)};
        queries.push_back(support::to_wire(asking));
        asking.payload = 4096;
        asking.options = {{3, {}}, {19, {}}};
        if (!cookie.empty()) asking.options.emplace_back(cookie_code, cookie);
        queries.push_back(support::to_wire(asking));
        asking.edns_version = 1;
        queries.push_back(support::to_wire(asking));
        Bytes noisy = queries.front();
        noisy.push_back(0);
        queries.push_back(noisy);
        noisy[2] = 0x28;
        queries.push_back(noisy);
      }
    }
  }
  queries.push_back(cookie_only(client_part));
  for (const Bytes& query : queries) EXPECT_LE(raw(query).size(), query.size() + 16);
}

}  // namespace
}  // namespace tidemark::edge
