#include <gtest/gtest.h>

#include "core/dns/message.hpp"
#include "core/dns/rdata.hpp"

namespace tidemark::dns {
namespace {

using namespace std::string_literals;
using base::Bytes;

// Header with QR and AA, one question for \3WwW\1x, then what comes.
Bytes response(std::array<std::uint8_t, 3> counts, const std::string& records) {
  const std::string head = "\x12\x34\x84\0\0\1"s;
  std::string wire = head;
  for (const std::uint8_t count : counts) wire += "\0"s + static_cast<char>(count);
  wire += "\3WwW\1x\0\0\1\0\1"s + records;
  const auto view = base::as_bytes(wire);
  return {view.begin(), view.end()};
}

TEST(ReadMessage, FollowsPointersAndKeepsLetterCase) {
  const auto message =
      read_message(response({1, 0, 0}, "\xc0\x0c\0\5\0\1\0\0\1\x2c\0\4\1A\xc0\x10"s)).value();
  ASSERT_EQ(message.answer.size(), 1u);
  const MessageRecord& record = message.answer.front();
  EXPECT_EQ(record.owner.to_text(), "www.x.");
  EXPECT_EQ(record.owner_as_sent, "\3WwW\1x\0"s);
  EXPECT_EQ(record.type, RrType::Cname);
  EXPECT_EQ(record.ttl, 300u);
  EXPECT_EQ(base::as_text(record.rdata), "\1A\1x\0"s);
  EXPECT_EQ(message.question_count, 1);
  EXPECT_EQ(message.rcode(), Rcode::NoError);
}

TEST(ReadMessage, DecompressesNamesInsideRdata) {
  const auto message =
      read_message(response({1, 0, 0}, "\xc0\x0c\0\17\0\1\0\0\1\x2c\0\4\0\12\xc0\x10"s)).value();
  EXPECT_EQ(rdata_to_text(RrType::Mx, message.answer.front().rdata), "10 x.");
}

TEST(ReadMessage, RefusesPointersThatDoNotLeadBack) {
  for (const std::string& owner : {"\xc0\x17"s, "\xc0\xff"s, "\1a\xc0\x17"s, "\xc0"s}) {
    const auto read = read_message(response({1, 0, 0}, owner + "\0\1\0\1\0\0\0\0\0\0"s));
    ASSERT_FALSE(read);
    EXPECT_TRUE(read.error().trail.starts_with("answer 1: "));
  }
}

TEST(ReadMessage, RefusesWhatIsCutShortOrLeftOver) {
  const Bytes whole = response({1, 0, 0}, "\xc0\x0c\0\1\0\1\0\0\1\x2c\0\4\1\2\3\4"s);
  ASSERT_TRUE(read_message(whole));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(read_message(base::ByteView(whole).first(size))) << size;
  }
  Bytes longer = whole;
  longer.push_back(0);
  EXPECT_FALSE(read_message(longer));
}

// Two octets of a TTL are not the length that would come behind it.
TEST(ReadMessage, RefusesARecordThatEndsInItsTtl) {
  EXPECT_FALSE(read_message(response({1, 0, 0}, "\0\0\1\0\1\0\0"s)));
}

TEST(ReadMessage, JoinsTheExtendedRcode) {
  Bytes wire = response({0, 0, 1}, "\0\0\x29\4\xd0\1\0\x80\0\0\4\0\12\0\0"s);
  wire[3] = 7;
  const auto message = read_message(wire).value();
  EXPECT_EQ(message.rcode(), Rcode::BadCookie);
  EXPECT_EQ(to_text(message),
            ";; id 4660, opcode 0, status BADCOOKIE, flags qr aa\n"
            ";; question\n"
            ";WwW.x. IN A\n"
            ";; EDNS version 0, flags do, payload 1232\n"
            ";; option 10 \n");
}

TEST(ReadMessage, PrintsItsSections) {
  const auto message = read_message(response({1, 1, 0},
                                             "\xc0\x0c\0\1\0\1\0\0\1\x2c\0\4\1\2\3\4"s
                                             "\xc0\x10\0\2\0\1\0\0\0\1\0\2\xc0\x0c"s))
                           .value();
  EXPECT_EQ(to_text(message),
            ";; id 4660, opcode 0, status NOERROR, flags qr aa\n"
            ";; question\n"
            ";WwW.x. IN A\n"
            ";; answer\n"
            "WwW.x. 300 IN A 1.2.3.4\n"
            ";; authority\n"
            "x. 1 IN NS www.x.\n");
}

}  // namespace
}  // namespace tidemark::dns
