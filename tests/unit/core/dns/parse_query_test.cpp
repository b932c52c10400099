// The checks of dns-answers section 1, in their order: each test breaks one thing.
#include <initializer_list>

#include <gtest/gtest.h>

#include "core/dns/message.hpp"

namespace tidemark::dns {
namespace {

using namespace std::string_literals;
using base::Bytes;
using base::Writer;

struct Datagram {
  std::uint16_t flags = 0;
  std::array<std::uint16_t, 4> counts{1, 0, 0, 0};
  std::string body = "\3WwW\7example\3org\0\0\1\0\1"s;

  Bytes octets() const {
    Writer out;
    out.put_u16(0x1234);
    out.put_u16(flags);
    for (const std::uint16_t count : counts) out.put_u16(count);
    out.put(body);
    return std::move(out).take();
  }
};

std::string option(EdnsOption code, const std::string& value) {
  Writer out;
  out.put_u16(static_cast<std::uint16_t>(code));
  out.put_u16(static_cast<std::uint16_t>(value.size()));
  out.put(value);
  return std::string(base::as_text(out.view()));
}
std::string record(const std::string& owner, RrType type, std::uint16_t rr_class, std::uint32_t ttl,
                   const std::string& rdata) {
  Writer out;
  out.put(owner);
  out.put_u16(static_cast<std::uint16_t>(type));
  out.put_u16(rr_class);
  out.put_u32(ttl);
  out.put_u16(static_cast<std::uint16_t>(rdata.size()));
  out.put(rdata);
  return std::string(base::as_text(out.view()));
}
std::string opt(const std::string& options = "", std::uint32_t ttl = 0) {
  return record("\0"s, RrType::Opt, 1232, ttl, options);
}
std::string tsig(const std::string& rdata = "\3alg\0"s + std::string(16, '\0')) {
  return record("\3key\0"s, RrType::Tsig, 255, 0, rdata);
}
Datagram with_additional(std::initializer_list<std::string> records) {
  Datagram datagram;
  datagram.counts[3] = static_cast<std::uint16_t>(records.size());
  for (const std::string& one : records) datagram.body += one;
  return datagram;
}

QueryVerdict judge(const Datagram& datagram) {
  Query query;
  const Bytes octets = datagram.octets();
  return parse_query(octets, query);
}
// The verdict, and whether the question may be echoed.
std::pair<QueryVerdict, bool> judge_echo(const Datagram& datagram) {
  Query query;
  const Bytes octets = datagram.octets();
  const auto verdict = parse_query(octets, query);
  return {verdict, !query.question.empty()};
}

constexpr std::pair echoed_form_err{QueryVerdict::FormErr, true};
constexpr std::pair bare_form_err{QueryVerdict::FormErr, false};

TEST(ParseQuery, FindsTheQuestion) {
  const Bytes octets = Datagram{.flags = flag_rd | flag_cd}.octets();
  Query query;
  ASSERT_EQ(parse_query(octets, query), QueryVerdict::Answer);
  EXPECT_EQ(query.id, 0x1234);
  EXPECT_EQ(query.flags, flag_rd | flag_cd);
  EXPECT_EQ(base::as_text(query.question), "\3WwW\7example\3org\0\0\1\0\1"s) << "case kept";
  EXPECT_EQ(query.qname().to_text(), "www.example.org.");
  EXPECT_EQ(query.qname_labels, 3);
  EXPECT_EQ(query.qtype, RrType::A);
  EXPECT_EQ(query.qclass, RrClass::In);
  EXPECT_FALSE(query.has_opt);
  EXPECT_EQ(query.payload_octets, 512);
}

TEST(ParseQuery, IsSilentOnResponsesAndOnLessThanAHeader) {
  EXPECT_EQ(judge({.flags = flag_qr}), QueryVerdict::Silence);
  EXPECT_EQ(judge({.flags = flag_qr | 5 << opcode_shift}), QueryVerdict::Silence);
  Query query;
  const Bytes octets = Datagram{}.octets();
  for (std::size_t size = 0; size < header_octets; ++size) {
    EXPECT_EQ(parse_query(base::ByteView(octets).first(size), query), QueryVerdict::Silence);
  }
}

TEST(ParseQuery, LooksAtTheOpcodeBeforeAnythingElse) {
  for (std::uint16_t opcode = 1; opcode < 16; ++opcode) {
    const Datagram odd{.flags = static_cast<std::uint16_t>(opcode << opcode_shift),
                       .counts = {7, 7, 7, 7},
                       .body = ""};
    EXPECT_EQ(judge(odd), opcode == 5 ? QueryVerdict::RefusedUpdate : QueryVerdict::NotImp);
  }
}

TEST(ParseQuery, TakesNoQuestionOnlyWithACookie) {
  Datagram bare{.counts = {0, 0, 0, 0}, .body = ""};
  EXPECT_EQ(judge(bare), QueryVerdict::FormErr);
  bare.counts[3] = 1;
  bare.body = opt();
  EXPECT_EQ(judge(bare), QueryVerdict::FormErr);
  bare.body = opt(option(EdnsOption::Cookie, "12345678"));
  EXPECT_EQ(judge(bare), QueryVerdict::CookieOnly);
  bare.body = opt(option(EdnsOption::Cookie, "1234567"));
  EXPECT_EQ(judge(bare), QueryVerdict::FormErrOpt);
  bare.body = opt(option(EdnsOption::Cookie, "12345678"), 1 << 16);
  EXPECT_EQ(judge(bare), QueryVerdict::FormErr) << "version 1: its options mean nothing yet";
  bare.counts[1] = 1;
  EXPECT_EQ(judge(bare), QueryVerdict::FormErr);
}

TEST(ParseQuery, TakesOneQuestion) {
  Datagram two{.counts = {2, 0, 0, 0}};
  two.body += two.body;
  EXPECT_EQ(judge_echo(two), bare_form_err);
}

TEST(ParseQuery, TakesNoOtherNameThanAPlainOne) {
  for (const std::string& body :
       {"\xc0\x0c\0\1\0\1"s, "\3www\xc0\x0c\0\1\0\1"s, "\x41x\0\0\1\0\1"s, "\x81x\0\0\1\0\1"s,
        "\3ww"s, "\3www"s, "\3www\0"s, "\3www\0\0\1"s, "\3www\0\0\1\0"s, ""s}) {
    EXPECT_EQ(judge_echo({.body = body}), bare_form_err);
  }
}

TEST(ParseQuery, TakesNamesOf255OctetsAndNot256) {
  std::string name;
  for (int i = 0; i < 3; ++i) name += "\77" + std::string(63, 'a');
  const std::string longest = name + "\75" + std::string(61, 'a') + "\0\0\1\0\1"s;
  const std::string too_long = name + "\76" + std::string(62, 'a') + "\0\0\1\0\1"s;
  EXPECT_EQ(judge({.body = longest}), QueryVerdict::Answer);
  EXPECT_EQ(judge_echo({.body = too_long}), bare_form_err);
}

TEST(ParseQuery, TakesTheRootAnd127Labels) {
  EXPECT_EQ(judge({.body = "\0\0\1\0\1"s}), QueryVerdict::Answer);
  std::string name;
  for (int i = 0; i < 127; ++i) name += "\1A";
  const Bytes octets = Datagram{.body = name + "\0\0\1\0\1"s}.octets();
  Query query;
  EXPECT_EQ(parse_query(octets, query), QueryVerdict::Answer);
  EXPECT_EQ(query.qname_labels, 127);
  EXPECT_EQ(query.qname_octets, 255);
}

TEST(ParseQuery, TakesNoRecordsInAnswerOrAuthority) {
  Datagram odd;
  odd.body += record("\0"s, RrType::A, 1, 0, "1234");
  odd.counts[1] = 1;
  EXPECT_EQ(judge_echo(odd), echoed_form_err);
  odd.counts[1] = 0;
  odd.counts[2] = 1;
  EXPECT_EQ(judge_echo(odd), echoed_form_err);
}

TEST(ParseQuery, TakesAnIxfrWithItsSoa) {
  const std::string question = "\3org\0\0\373\0\1"s;
  Datagram ixfr{.counts = {1, 0, 1, 0},
                .body = question + record("\xc0\x0c", RrType::Soa, 1, 0, std::string(22, '\0'))};
  EXPECT_EQ(judge(ixfr), QueryVerdict::RefusedIxfr);
  ixfr.body += opt();
  ixfr.counts[3] = 1;
  EXPECT_EQ(judge(ixfr), QueryVerdict::RefusedIxfr);
  ixfr.body += "x";
  EXPECT_EQ(judge_echo(ixfr), echoed_form_err);
  ixfr = {.counts = {1, 0, 1, 0}, .body = question + record("\3org\0"s, RrType::A, 1, 0, "1234")};
  EXPECT_EQ(judge_echo(ixfr), echoed_form_err) << "not a SOA";
  ixfr = {.counts = {1, 0, 0, 0}, .body = question};
  EXPECT_EQ(judge(ixfr), QueryVerdict::Answer) << "its type is judged later";
}

TEST(ParseQuery, TakesNothingElseInAdditional) {
  const std::string address = record("\0"s, RrType::A, 1, 0, "1234");
  EXPECT_EQ(judge_echo(with_additional({address})), echoed_form_err);
  EXPECT_EQ(judge_echo(with_additional({opt(), address})), echoed_form_err);
  Datagram overrun;
  overrun.counts[3] = 1;
  EXPECT_EQ(judge_echo(overrun), echoed_form_err);
  overrun.body += opt().substr(0, 10);
  EXPECT_EQ(judge_echo(overrun), echoed_form_err);
}

TEST(ParseQuery, TakesNoOctetsLeftOver) {
  Datagram more;
  more.body += '\0';
  EXPECT_EQ(judge_echo(more), echoed_form_err);
  more = with_additional({opt()});
  more.body += "abc";
  EXPECT_EQ(judge_echo(more), echoed_form_err);
}

TEST(ParseQuery, TakesOneSoundOpt) {
  EXPECT_EQ(judge(with_additional({opt()})), QueryVerdict::Answer);
  EXPECT_EQ(judge(with_additional({opt(), opt()})), QueryVerdict::FormErr);
  EXPECT_EQ(judge(with_additional({record("\1a\0"s, RrType::Opt, 1232, 0, "")})),
            QueryVerdict::FormErr);
  EXPECT_EQ(judge(with_additional({record("\xc0\x0c", RrType::Opt, 1232, 0, "")})),
            QueryVerdict::FormErr);
  for (const std::string& options : {"\0"s, "\0\12"s, "\0\12\0"s, "\0\12\0\1"s, "\0\3\0\0\0"s}) {
    EXPECT_EQ(judge(with_additional({opt(options)})), QueryVerdict::FormErr);
  }
}

TEST(ParseQuery, ReadsTheOpt) {
  const Bytes octets =
      with_additional(
          {opt(option(EdnsOption::Nsid, "ignored") + option(EdnsOption::Cookie, "12345678") +
                   option(EdnsOption::ZoneVersion, "") + option(EdnsOption::TcpKeepalive, "") +
                   option(EdnsOption::TidemarkVersion, "") + option(EdnsOption(100), "x"),
               0x8000)})
          .octets();
  Query query;
  ASSERT_EQ(parse_query(octets, query), QueryVerdict::Answer);
  EXPECT_TRUE(query.has_opt && query.dnssec_ok && query.wants_nsid && query.wants_zone_version &&
              query.wants_keepalive && query.wants_tidemark_version);
  EXPECT_EQ(query.payload_octets, 1232);
  EXPECT_EQ(base::as_text(query.cookie), "12345678");
}

TEST(ParseQuery, AnswersBadVersBeforeItLooksAtOptions) {
  const Bytes octets =
      with_additional({opt(option(EdnsOption::Cookie, "1"), 1 << 16 | 0x8000)}).octets();
  Query query;
  EXPECT_EQ(parse_query(octets, query), QueryVerdict::BadVers);
  EXPECT_EQ(query.edns_version, 1);
  EXPECT_TRUE(query.dnssec_ok);
  EXPECT_TRUE(query.cookie.empty());
}

TEST(ParseQuery, TakesCookiesOf8And16To40Octets) {
  for (std::size_t octets = 0; octets <= 48; ++octets) {
    const bool sound = octets == 8 || (octets >= 16 && octets <= 40);
    EXPECT_EQ(judge(with_additional({opt(option(EdnsOption::Cookie, std::string(octets, 'c')))})),
              sound ? QueryVerdict::Answer : QueryVerdict::FormErrOpt)
        << octets;
  }
}

TEST(ParseQuery, CountsTheFirstOfTwoCookies) {
  const Bytes octets = with_additional({opt(option(EdnsOption::Cookie, "12345678") +
                                            option(EdnsOption::Cookie, "1"))})
                           .octets();
  Query query;
  EXPECT_EQ(parse_query(octets, query), QueryVerdict::Answer);
  EXPECT_EQ(base::as_text(query.cookie), "12345678");
}

TEST(ParseQuery, TakesAnEmptyZoneVersionOnly) {
  EXPECT_EQ(judge(with_additional({opt(option(EdnsOption::ZoneVersion, "x"))})),
            QueryVerdict::FormErrOpt);
}

TEST(ParseQuery, KnowsNoTsigKey) {
  const Bytes octets = with_additional({opt(), tsig()}).octets();
  Query query;
  EXPECT_EQ(parse_query(octets, query), QueryVerdict::NotAuthTsig);
  EXPECT_TRUE(query.has_tsig && query.has_opt);
  EXPECT_EQ(base::as_text(query.tsig_key), "\3key\0"s);
  EXPECT_EQ(query.tsig_rdata.size(), 21u);
  EXPECT_EQ(judge(with_additional({tsig(), opt()})), QueryVerdict::FormErr) << "must be last";
  EXPECT_EQ(judge(with_additional({tsig(), tsig()})), QueryVerdict::FormErr);
  EXPECT_EQ(judge(with_additional({tsig("\3alg\0"s)})), QueryVerdict::FormErr);
  EXPECT_EQ(judge(with_additional({record("\xc0\x0c", RrType::Tsig, 255, 0, "")})),
            QueryVerdict::FormErr);
}

TEST(ParseQuery, ForgetsTheQueryBefore) {
  Query query;
  const Bytes rich =
      with_additional({opt(option(EdnsOption::Cookie, "12345678"), 0x8000)}).octets();
  ASSERT_EQ(parse_query(rich, query), QueryVerdict::Answer);
  const Bytes plain = Datagram{}.octets();
  ASSERT_EQ(parse_query(plain, query), QueryVerdict::Answer);
  EXPECT_FALSE(query.has_opt || query.dnssec_ok || query.has_tsig);
  EXPECT_TRUE(query.cookie.empty());
}

TEST(MakeQuery, IsUnderstood) {
  const Name name = Name::parse("example.org").value();
  Query query;
  Bytes octets = make_query(7, name, RrType::Soa, 1232);
  ASSERT_EQ(parse_query(octets, query), QueryVerdict::Answer);
  EXPECT_EQ(query.qname(), name.view());
  EXPECT_EQ(query.qtype, RrType::Soa);
  EXPECT_EQ(query.payload_octets, 1232);
  octets = make_query(7, name, RrType::Soa, 0);
  ASSERT_EQ(parse_query(octets, query), QueryVerdict::Answer);
  EXPECT_FALSE(query.has_opt);
}

}  // namespace
}  // namespace tidemark::dns
