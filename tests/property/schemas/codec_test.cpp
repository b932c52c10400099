// Laws of the codec: round trip, equal bytes for equal values, no crash for any bytes.
#include "schemas/codec.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "schemas/text.hpp"
#include "tests/support/generators.hpp"

namespace tidemark::schemas {
namespace {

template <class Event, class Decode>
void expect_round_trip(const Event& event, Decode decode) {
  const base::Bytes record = encode(event);
  const auto decoded = decode(record);
  if (!decoded) RC_FAIL(decoded.error().trail);
  RC_ASSERT(*decoded == event);
  RC_ASSERT(encode(*decoded) == record);
}

RC_GTEST_PROP(CodecLaw, AnyChangeSetReturnsFromItsBytes, ()) {
  expect_round_trip(*support::change_set(), decode_change_set);
}

RC_GTEST_PROP(CodecLaw, AnyNameTravels, ()) {
  event::ChangeSet change{.change_id = event::ChangeId({}),
                          .author = {},
                          .author_epoch = event::AuthorEpoch(0),
                          .reason = {},
                          .zones = {},
                          .pools = {}};
  change.zones.push_back({*support::any_name(), event::ExpectAny{}, false, std::nullopt, {}});
  change.zones[0].edits.emplace_back(event::DeleteRrset{
      *support::any_name(), *rc::gen::cast<dns::RrType>(rc::gen::arbitrary<std::uint16_t>())});
  expect_round_trip(change, decode_change_set);
}

RC_GTEST_PROP(CodecLaw, AnyHealthFrameReturnsFromItsBytes, ()) {
  expect_round_trip(*support::health_frame(), decode_health_frame);
}

RC_GTEST_PROP(CodecLaw, AnyControlRecordReturnsFromItsBytes, ()) {
  expect_round_trip(*support::control_record(), decode_control_record);
}

RC_GTEST_PROP(CodecLaw, AnyNodeReportReturnsFromItsBytes, ()) {
  expect_round_trip(*support::node_report(), decode_node_report);
}

// Decodes and renders with everything; only the sanitizers and a crash can fail it.
void read_with_all(base::ByteView record) {
  (void)decode_change_set(record);
  (void)decode_health_frame(record);
  (void)decode_control_record(record);
  (void)decode_node_report(record);
  for (const auto rendering : {Rendering::Text, Rendering::Json}) {
    if (const auto text = render(record, rendering)) RC_ASSERT(text->ends_with('\n'));
  }
}

RC_GTEST_PROP(CodecLaw, RandomBytesNeverCrash, ()) {
  base::Bytes record = *support::bytes(4096);
  read_with_all(record);
  const auto* identifier = *rc::gen::element("TMCS", "TMHF", "TMCT", "TMNR");
  if (record.size() < 8) return;
  std::copy_n(identifier, 4, record.begin() + 4);
  record[1] = record[2] = record[3] = 0;  // a root offset that may be inside
  read_with_all(record);
}

base::Bytes any_valid_record() {
  switch (*rc::gen::inRange(0, 6)) {
    case 0:  return encode(*support::health_frame());
    case 1:  return encode(*support::control_record());
    case 2:  return encode(*support::node_report());
    default: return encode(*support::change_set());
  }
}

RC_GTEST_PROP(CodecLaw, MutatedRecordsNeverCrash, ()) {
  base::Bytes record = any_valid_record();
  for (int flips = *rc::gen::inRange(1, 8); flips > 0; --flips) {
    const auto at = *rc::gen::inRange<std::size_t>(0, record.size());
    record[at] = *rc::gen::arbitrary<std::uint8_t>();
    read_with_all(record);
  }
  record.resize(*rc::gen::inRange<std::size_t>(0, record.size() + 1));
  read_with_all(record);
}

}  // namespace
}  // namespace tidemark::schemas
