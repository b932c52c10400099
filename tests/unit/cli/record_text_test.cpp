#include "cli/record_text.hpp"

#include <gtest/gtest.h>

#include "core/base/bytes.hpp"
#include "schemas/codec.hpp"

namespace tidemark::cli {
namespace {

log::Record record_of(base::Bytes value) {
  return {.offset = log::Offset(7),
          .appended = log::AppendTime(1'795'270'400'123),
          .key = "example.org.",
          .value = std::move(value)};
}

TEST(RecordText, ShowsPlaceTimeKeyAndWhatTheRecordSays) {
  const event::HealthFrame frame{.prober = "probe1", .number = 3, .observations = {}};
  const std::string text = to_text(record_of(schemas::encode(frame)));
  EXPECT_TRUE(text.starts_with("7  2026-11-21T14:13:20.123Z  example.org.  ")) << text;
  EXPECT_NE(text.find("probe1"), std::string::npos) << text;
}

TEST(RecordText, JsonHoldsTheRecordAsAnObject) {
  const event::HealthFrame frame{.prober = "probe1", .number = 3, .observations = {}};
  const std::string json = to_json(record_of(schemas::encode(frame)));
  EXPECT_TRUE(json.starts_with(R"({"offset":7,"time":"2026-11-21T14:13:20.123Z",)")) << json;
  EXPECT_NE(json.find(R"("record":{"kind":)"), std::string::npos) << json;
  EXPECT_TRUE(json.ends_with("}}\n")) << json;
}

TEST(RecordText, AnUndecodableRecordIsShownByOffsetSizeAndHash) {
  const base::Bytes garbage{'x', 'y', 'z'};
  const std::string text = to_text(record_of(garbage));
  EXPECT_NE(text.find("3 octets\n    undecodable: "), std::string::npos) << text;
  EXPECT_NE(text.find(base::to_hex(base::sha256(garbage))), std::string::npos) << text;
  const std::string json = to_json(record_of(garbage));
  EXPECT_NE(json.find(R"("undecodable":{"error":)"), std::string::npos) << json;
}

TEST(RecordText, ATombstoneIsNoUndecodableRecord) {
  log::Record record = record_of({});
  record.tombstone = true;
  EXPECT_TRUE(to_text(record).ends_with("tombstone\n"));
  EXPECT_TRUE(to_json(record).ends_with(R"("record":null})"
                                        "\n"));
}

}  // namespace
}  // namespace tidemark::cli
