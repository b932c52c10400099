#include "schemas/text.hpp"

#include <gtest/gtest.h>

#include "schemas/codec.hpp"
#include "schemas/json_writer.hpp"

namespace tidemark::schemas {
namespace {

TEST(RecordText, ShowsRdataThatIsNotCanonicalAsHexadecimal) {
  event::ChangeSet change{.change_id = event::ChangeId({}),
                          .author = "a\nb\x1b[31m",
                          .author_epoch = event::AuthorEpoch(0),
                          .reason = {},
                          .zones = {},
                          .pools = {}};
  const dns::Name zone = *dns::Name::parse("example.org.");
  change.zones.push_back({zone,
                          event::ExpectAny{},
                          false,
                          std::nullopt,
                          {event::PutRrset{{zone, dns::RrType::A, dns::Ttl(5), {{1, 2, 3}}}}}});
  const std::string text = to_text(change);
  EXPECT_NE(text.find("example.org. 5 A \\# 3 010203"), std::string::npos) << text;
  EXPECT_NE(text.find("by a b [31m"), std::string::npos) << "no control characters: " << text;
}

TEST(RecordText, RendersARecordOfAnyKindByItsIdentifier) {
  const base::Bytes beat = encode(event::ControlRecord(event::Heartbeat{"c1", 7}));
  EXPECT_EQ(kind_of(beat), RecordKind::Control);
  EXPECT_EQ(*render(beat, Rendering::Text), "heartbeat 7 of c1\n");
  const std::string strange = "no record at all";
  EXPECT_FALSE(kind_of(base::as_bytes(strange)));
  EXPECT_EQ(render(base::as_bytes(strange), Rendering::Json).error().code, base::Errc::Invalid);
  EXPECT_EQ(render(base::ByteView(beat).first(20), Rendering::Text).error().code,
            base::Errc::Invalid);
}

TEST(JsonWriter, EscapesWhatJsonForbidsAndReplacesWhatIsNotUtf8) {
  JsonWriter out;
  out.begin_array().text("a\"b\\c\n\x01").text("\xc3\xa9\xff\xed\xa0\x80").null().end_array();
  EXPECT_EQ(std::move(out).take(),
            "[\"a\\\"b\\\\c\\n\\u0001\","
            "\"\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\",null]");
}

TEST(JsonWriter, PutsCommasBetweenMembersOnly) {
  JsonWriter out;
  out.begin_object().member("a", 1u).key("b").begin_array().end_array();
  out.key("c").begin_object().end_object().key("d").boolean(true).end_object();
  EXPECT_EQ(std::move(out).take(), R"({"a":1,"b":[],"c":{},"d":true})");
}

}  // namespace
}  // namespace tidemark::schemas
