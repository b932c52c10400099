#include "tests/unit/dns-edge/answer/zone_under_test.hpp"

namespace tidemark::edge {
namespace {

using base::Bytes;
using dns::Rcode;
using dns::RrClass;
using dns::RrType;
using support::Question;

Question www() { return Question{.name = "www.example.org.", .type = RrType::A}; }

TEST_F(Answers, SilenceForResponsesAndStubs) {
  Bytes response = support::to_wire(www());
  response[2] = 0x80;
  EXPECT_TRUE(raw(response).empty());
  const Bytes query = support::to_wire(www());
  for (std::size_t octets = 0; octets < 12; ++octets) {
    EXPECT_TRUE(raw(base::ByteView(query).first(octets)).empty());
  }
}

TEST_F(Answers, OtherOpcodesGetAHeaderOnly) {
  for (unsigned opcode = 1; opcode < 16; ++opcode) {
    Bytes query = support::to_wire(www());
    query[2] = static_cast<std::uint8_t>(opcode << 3 | 1);
    const Bytes reply = raw(query);
    ASSERT_EQ(reply.size(), dns::header_octets) << opcode;
    EXPECT_EQ(reply[2], 0x80 | opcode << 3 | 1) << opcode;
    EXPECT_EQ(reply[3], opcode == 5 ? 5 : 4) << opcode;
    EXPECT_EQ(base::load_u64(&reply[4]), 0u) << opcode;
  }
}

TEST_F(Answers, AQuestionThatDoesNotParseIsFormErrWithAHeaderOnly) {
  Bytes pointer = support::to_wire(www());
  pointer[12] = 0xc0;
  Bytes two = support::to_wire(www());
  two[5] = 2;
  Bytes cut = support::to_wire(www());
  cut.resize(cut.size() - 3);
  Bytes none(12);
  for (const Bytes& query : {pointer, two, cut, none}) {
    const Bytes reply = raw(query);
    ASSERT_EQ(reply.size(), dns::header_octets);
    EXPECT_EQ(reply[3] & 0x0f, 1);
    EXPECT_EQ(base::load_u16(&reply[4]), 0);
  }
}

TEST_F(Answers, RecordsThatDoNotBelongAreFormErrWithTheQuestion) {
  Bytes answers = support::to_wire(www());
  answers[7] = 1;
  Bytes left_over = support::to_wire(www());
  left_over.push_back(0);
  Bytes two_opts = support::to_wire(Question{.name = "www.example.org.", .payload = 1232});
  const Bytes opt(two_opts.end() - 11, two_opts.end());
  two_opts.insert(two_opts.end(), opt.begin(), opt.end());
  two_opts[11] = 2;
  for (const Bytes& query : {answers, left_over, two_opts}) {
    const auto message = dns::read_message(raw(query));
    ASSERT_TRUE(message.has_value());
    EXPECT_EQ(message->rcode(), Rcode::FormErr);
    EXPECT_EQ(message->question_count, 1);
    EXPECT_FALSE(support::has_opt(*message));
  }
}

TEST_F(Answers, FlagsOfTheQueryDoNotComeBackButRd) {
  for (unsigned bits = 0; bits < 0x800; ++bits) {
    Question question = www();
    question.flags = static_cast<std::uint16_t>(bits);  // all but QR and the opcode
    const Asked asked = ask(question);
    ASSERT_EQ(asked.message.flags, 0x8400 | (bits & dns::flag_rd));
    ASSERT_EQ(asked.message.answer.size(), 2u);
  }
}

TEST_F(Answers, OtherClassesAreRefused) {
  for (const unsigned code : {0u, 2u, 4u, 254u, 255u, 65535u}) {
    Question question = www();
    question.rr_class = static_cast<RrClass>(code);
    question.payload = 1232;
    const Asked asked = ask(question);
    EXPECT_EQ(asked.message.rcode(), Rcode::Refused) << code;
    EXPECT_EQ(support::option_of(asked.message, 15), (Bytes{0, 21})) << code;
  }
}

TEST_F(Answers, MetaTypesHaveTheirOwnErrors) {
  const std::vector<std::pair<RrType, Rcode>> expected = {
      {RrType::Axfr, Rcode::Refused}, {RrType::Ixfr, Rcode::Refused},
      {RrType::Mailb, Rcode::NotImp}, {RrType::Maila, Rcode::NotImp},
      {RrType::Opt, Rcode::FormErr},  {RrType::Tsig, Rcode::FormErr},
      {RrType::Tkey, Rcode::FormErr}, {RrType::Nxname, Rcode::FormErr},
  };
  for (const auto& [type, rcode] : expected) {
    for (const Transport transport : {Transport::Udp, Transport::Tcp}) {
      const Asked asked =
          ask(Question{.name = "www.example.org.", .type = type, .payload = 1232}, transport);
      EXPECT_EQ(asked.message.rcode(), rcode) << dns::to_text(type);
      EXPECT_EQ(asked.message.question_count, 1) << dns::to_text(type);
      EXPECT_FALSE(asked.flag(dns::flag_aa)) << dns::to_text(type);
    }
  }
}

TEST_F(Answers, ChaosIsRefusedUnlessATextIsConfigured) {
  Question question{.name = "version.BIND.", .type = RrType::Txt, .rr_class = RrClass::Ch};
  EXPECT_EQ(ask(question).message.rcode(), Rcode::Refused);
  settings.version_bind = "tidemark";
  const Asked asked = ask(question);
  ASSERT_EQ(asked.message.answer.size(), 1u);
  EXPECT_TRUE(asked.flag(dns::flag_aa));
  EXPECT_EQ(asked.message.answer[0].ttl, 0u);
  EXPECT_EQ(asked.message.answer[0].rr_class, RrClass::Ch);
  EXPECT_EQ(base::as_text(asked.message.answer[0].rdata), "\10tidemark");
  question.name = "hostname.bind.";
  EXPECT_EQ(ask(question).message.rcode(), Rcode::Refused);
}

TEST_F(Answers, AnOptComesBackIffThereWasOne) {
  EXPECT_FALSE(support::has_opt(ask(www()).message));
  Question question = www();
  question.payload = 4096;
  question.edns_flags = 0xffff;
  question.options = {{100, {1, 2, 3}}, {10, Bytes(8, 1)}, {9, {}}, {12, Bytes(20)}};
  const Asked asked = ask(question);
  ASSERT_EQ(asked.message.additional.size(), 1u);
  const auto& opt = asked.message.additional[0];
  EXPECT_EQ(static_cast<unsigned>(opt.rr_class), dns::udp_payload_octets);
  EXPECT_EQ(opt.ttl, 0x8000u) << "DO copied, every other flag clear, version 0";
  EXPECT_TRUE(opt.rdata.empty()) << "nothing echoed";
}

TEST_F(Answers, AnEdnsVersionAboveZeroIsBadVers) {
  Question question = www();
  question.payload = 1232;
  question.edns_version = 1;
  question.options = {{3, {}}};
  settings.nsid = "node";
  const Asked asked = ask(question);
  EXPECT_EQ(asked.message.rcode(), Rcode::BadVers);
  EXPECT_TRUE(asked.message.answer.empty());
  EXPECT_FALSE(asked.flag(dns::flag_aa));
  EXPECT_EQ(support::option_of(asked.message, 3), std::nullopt);
  question.name = "not.hosted.";
  EXPECT_EQ(ask(question).message.rcode(), Rcode::BadVers);
}

TEST_F(Answers, RefusedSaysNotAuthoritative) {
  Question question{.name = "not.hosted.", .payload = 1232};
  const Asked asked = ask(question);
  EXPECT_EQ(support::option_of(asked.message, 15), (Bytes{0, 20}));
  question.options = {{19, {}}};
  EXPECT_EQ(support::option_of(ask(question).message, 19), std::nullopt);
}

TEST_F(Answers, NsidIsSentIffAskedAndConfigured) {
  Question question = www();
  question.payload = 1232;
  question.options = {{3, {}}};
  EXPECT_EQ(support::option_of(ask(question).message, 3), std::nullopt);
  settings.nsid = "node-1";
  EXPECT_EQ(support::option_of(ask(question).message, 3), (Bytes{'n', 'o', 'd', 'e', '-', '1'}));
  question.options = {};
  EXPECT_EQ(support::option_of(ask(question).message, 3), std::nullopt);
}

TEST_F(Answers, ZoneVersionIsTheSerialOfTheZoneOfTheQuestion) {
  Question question{.name = "x.into.example.org.", .payload = 1232, .options = {{19, {}}}};
  EXPECT_EQ(support::option_of(ask(question).message, 19), (Bytes{2, 0, 0, 0, 0, 7}));
  question.name = "nope.example.net.";
  EXPECT_EQ(support::option_of(ask(question).message, 19), (Bytes{2, 0, 0, 0, 0, 9}));
  question.options = {{19, {0}}};
  const Asked asked = ask(question);
  EXPECT_EQ(asked.message.rcode(), Rcode::FormErr);
  EXPECT_TRUE(support::has_opt(asked.message));
}

TEST_F(Answers, TidemarkVersionTellsTheSnapshotThatAnswered) {
  Question question = www();
  question.payload = 1232;
  question.options = {{65001, {}}};
  const auto value = support::option_of(ask(question).message, 65001);
  ASSERT_TRUE(value && value->size() == 32);
  const auto version = world.dataset().version();
  EXPECT_EQ(base::load_u64(value->data()), version.seq.value());
  const auto hash = base::to_octets(version.state_hash.value());
  EXPECT_TRUE(std::equal(hash.begin(), hash.end(), value->begin() + 8));
  EXPECT_EQ(base::load_u64(value->data() + 24), ~0ull) << "no health record yet: -1";
}

TEST_F(Answers, KeepaliveIsToldOnTcpOnly) {
  Question question = www();
  question.payload = 1232;
  question.options = {{11, {}}};
  EXPECT_EQ(support::option_of(ask(question).message, 11), std::nullopt);
  EXPECT_EQ(support::option_of(ask(question, Transport::Tcp).message, 11), (Bytes{0, 100}));
}

TEST_F(Answers, ATsigOfAnUnknownKeyIsNotAuthWithBadKey) {
  Bytes query = support::to_wire(www());
  query[11] = 1;
  const Bytes tsig = {3,    'k',  'e', 'y', 0, 0,   250, 0,   255, 0, 0,
                      0,    0,    0,   23,  4, 'h', 'm', 'a', 'c', 0,        // algorithm
                      1,    2,    3,   4,   5, 6,   1,   44,  0,   1, 0x99,  // time, fudge, MAC
                      0x12, 0x34, 0,   0,   0, 0};                           // id, error, other
  query.insert(query.end(), tsig.begin(), tsig.end());
  const auto message = dns::read_message(raw(query));
  ASSERT_TRUE(message.has_value());
  EXPECT_EQ(message->rcode(), Rcode::NotAuth);
  ASSERT_EQ(message->additional.size(), 1u);
  const auto& sent = message->additional[0];
  EXPECT_EQ(sent.type, RrType::Tsig);
  EXPECT_EQ(sent.rdata, (Bytes{4, 'h', 'm', 'a', 'c', 0,    1,    2, 3,  4, 5,
                               6, 1,   44,  0,   0,   0x12, 0x34, 0, 17, 0, 0}));
}

TEST_F(Answers, TheLongestNamesAndTheMostLabelsAreAnswered) {
  const std::string zone = "example.org.";  // 13 octets in wire form
  std::string most_labels, longest;
  for (int i = 0; i < 121; ++i) most_labels += "a.";
  for (const std::size_t label : {63u, 63u, 63u, 49u}) longest += std::string(label, 'l') + ".";
  for (const std::string& name : {most_labels + zone, longest + zone}) {
    const Asked asked = ask(Question{.name = name, .payload = std::uint16_t{1232}});
    EXPECT_EQ(asked.message.question.size(), 255u + 4u) << name;
    EXPECT_EQ(asked.message.rcode(), Rcode::NxDomain) << name;
    EXPECT_EQ(asked.authority(), example_soa) << name;
  }
}

class Truncation : public Answers {
 protected:
  Truncation() {
    std::string zone = "$ORIGIN big.test.\n@ 60 SOA a b 1 2 3 4 5\n@ 60 NS ns.other.test.\n";
    for (int i = 0; i < 60; ++i) zone += "many 60 A 10.0.0." + std::to_string(i) + "\n";
    for (int i = 0; i < 100; ++i) {
      zone += "huge 60 TXT \"" + std::to_string(i) + std::string(200, 'x') + "\"\n";
      zone += "cut 60 NS ns" + std::to_string(i) + ".cut\n";
      zone += "ns" + std::to_string(i) + ".cut 60 A 10.1.0." + std::to_string(i) + "\n";
    }
    for (int i = 0; i < 10; ++i) {
      zone += "few 60 NS ns" + std::to_string(i) + ".sib\n";
      zone += "ns" + std::to_string(i) + ".sib 60 A 10.2.0." + std::to_string(i) + "\n";
      zone += "ns" + std::to_string(i) + ".sib 60 AAAA 2001:db8::" + std::to_string(i) + "\n";
    }
    zone += "sib 60 NS ns.sib\n";
    world.zone(zone);
  }
  void expect_bare(const Asked& asked, bool opt) {
    EXPECT_TRUE(asked.flag(dns::flag_tc));
    EXPECT_TRUE(asked.reply.truncated);
    EXPECT_EQ(asked.message.question_count, 1);
    EXPECT_TRUE(asked.message.answer.empty());
    EXPECT_TRUE(asked.message.authority.empty());
    EXPECT_EQ(asked.message.additional.size(), opt ? 1u : 0u);
  }
};

TEST_F(Truncation, AnRrsetThatDoesNotFitIsLeftOutWhole) {
  Question question{.name = "many.big.test."};
  expect_bare(ask(question), false);  // 60 x 16 octets > 512
  question.payload = 512;
  expect_bare(ask(question), true);
  question.payload = 100;  // below 512 means 512
  expect_bare(ask(question), true);
  question.payload = 1232;
  const Asked whole = ask(question);
  EXPECT_FALSE(whole.flag(dns::flag_tc));
  EXPECT_EQ(whole.message.answer.size(), 60u);
}

TEST_F(Truncation, NothingIsLargerThan1232OctetsOnUdp) {
  Question question{.name = "huge.big.test.", .type = RrType::Txt, .payload = 65535};
  const Asked asked = ask(question);
  expect_bare(asked, true);
  const Asked tcp = ask(question, Transport::Tcp);
  EXPECT_EQ(tcp.message.answer.size(), 100u);
  EXPECT_FALSE(tcp.flag(dns::flag_tc));
}

TEST_F(Truncation, InDomainGlueIsAllOrTc) {
  Question question{.name = "x.cut.big.test.", .payload = 1232};
  expect_bare(ask(question), true);
  const Asked tcp = ask(question, Transport::Tcp);
  EXPECT_EQ(tcp.message.authority.size(), 100u);
  EXPECT_EQ(support::lines_of(tcp.message.additional).size(), 100u);
}

TEST_F(Truncation, GlueIsOwnedByTheTargetsThatStandThereAlready) {
  // 12 + 14 + 15 * 16 (NS) + 15 * 16 (A) = 506 of 512 octets.
  std::string zone = "$ORIGIN t.test.\n@ 60 SOA a b 1 2 3 4 5\n@ 60 NS ns.other.test.\n";
  for (char name = 'a'; name < 'a' + 15; ++name) {
    zone += std::string("d 60 NS ") + name + ".d\n" + name + ".d 60 A 10.0.0.1\n";
  }
  world.zone(zone);
  const Asked asked = ask("d.t.test.");
  EXPECT_FALSE(asked.flag(dns::flag_tc));
  EXPECT_EQ(asked.wire.size(), 506u);
  EXPECT_EQ(asked.additional().front(), "a.d.t.test. 60 A 10.0.0.1");
  EXPECT_EQ(asked.additional().back(), "o.d.t.test. 60 A 10.0.0.1");
}

TEST_F(Truncation, SiblingGlueIsSentAsItFitsWithoutTc) {
  Question question{.name = "x.few.big.test."};
  const Asked small = ask(question);
  EXPECT_FALSE(small.flag(dns::flag_tc));
  EXPECT_EQ(small.message.authority.size(), 10u);
  EXPECT_LT(small.message.additional.size(), 20u);
  EXPECT_GT(small.message.additional.size(), 0u);
  question.payload = 1232;
  EXPECT_EQ(support::lines_of(ask(question).message.additional).size(), 20u);
}

TEST_F(Truncation, OptionsGiveWayBeforeRequiredRecords) {
  // 29 A records: 12 + 15 + 4 + 29 * 16 + 11 = 506 of 512 octets.
  std::string zone = "$ORIGIN t.test.\n@ 60 SOA a b 1 2 3 4 5\n@ 60 NS ns.other.test.\n";
  for (int i = 0; i < 29; ++i) zone += "exactl 60 A 10.0.0." + std::to_string(i) + "\n";
  world.zone(zone);
  settings.nsid = "a-long-node-name";
  Question question{.name = "exactl.t.test.", .payload = 512, .options = {{3, {}}, {19, {}}}};
  const Asked asked = ask(question);
  EXPECT_FALSE(asked.flag(dns::flag_tc));
  EXPECT_EQ(asked.message.answer.size(), 29u);
  EXPECT_EQ(support::option_of(asked.message, 3), std::nullopt);
  EXPECT_TRUE(support::has_opt(asked.message));
  question.payload = 1232;
  EXPECT_TRUE(support::option_of(ask(question).message, 3).has_value());
}

TEST_F(Truncation, AMessageThatDoesNotFitInTcpIsServFail) {
  std::string zone = "$ORIGIN any.test.\n@ 60 SOA a b 1 2 3 4 5\n@ 60 NS ns.other.test.\n";
  for (const char* type : {"TYPE1000", "TYPE1001", "TYPE1002"}) {
    for (int i = 10; i < 90; ++i) {
      std::string hex = std::to_string(i);
      for (int j = 0; j < 500; ++j) hex += "ab";
      zone += std::string("x 60 ") + type + " \\# 501 " + hex + "\n";
    }
  }
  world.zone(zone);
  const Asked asked =
      ask(Question{.name = "x.any.test.", .type = RrType::Any, .payload = 1232}, Transport::Tcp);
  EXPECT_EQ(asked.message.rcode(), Rcode::ServFail);
  EXPECT_TRUE(asked.message.answer.empty());
}

}  // namespace
}  // namespace tidemark::edge
