#include "schemas/codec.hpp"

#include <gtest/gtest.h>

#include "change_set_generated.h"

namespace tidemark::schemas {
namespace {

using base::Errc;

dns::Name name(std::string_view text) { return *dns::Name::parse(text); }

event::ChangeSet small_change() {
  event::ChangeSet change{.change_id = event::ChangeId({1, 2}),
                          .author = "alice",
                          .author_epoch = event::AuthorEpoch(3),
                          .reason = "move www",
                          .created_ms = 1'700'000'000'000,
                          .acknowledged_removals = 0,
                          .zones = {},
                          .pools = {}};
  event::ZoneEdits zone{.zone = name("example.org."),
                        .expect = event::ExpectExactly{event::ZoneSeq(7)},
                        .zone_hash_after = base::U128{5, 6},
                        .edits = {}};
  zone.edits.emplace_back(event::CreateZone{});
  zone.edits.emplace_back(event::PutRrset{
      {name("www.example.org."), dns::RrType::A, dns::Ttl(300), {{192, 0, 2, 1}, {192, 0, 2, 2}}}});
  zone.edits.emplace_back(event::DeleteRrset{name("old.example.org."), dns::RrType::Txt});
  zone.edits.emplace_back(event::PutZoneSettings{
      .removal_percent_max = 40, .removal_rrsets_min = std::nullopt, .ttl_seconds_ceiling = 0});
  zone.edits.emplace_back(event::BeginConstruction{});
  zone.edits.emplace_back(event::CommitConstruction{12});
  zone.edits.emplace_back(event::DeleteZone{});
  change.zones = {zone, event::ZoneEdits{name("a."), event::ExpectAny{}, true, std::nullopt, {}},
                  event::ZoneEdits{name("."), event::ExpectAbsent{}, false, std::nullopt, {}}};
  event::Pool pool{.name = "web", .endpoints = {}, .check = {}};
  pool.endpoints.push_back({"a", {event::Address::Family::V4, {192, 0, 2, 1}}, 1, {}});
  pool.endpoints.push_back(
      {"b", {event::Address::Family::V6, {0x20, 1, 0xd, 0xb8}}, 0, event::EndpointStatus::Down});
  pool.check = {.kind = event::CheckKind::Https, .port = 443, .host = "www.example.org"};
  change.pools = {event::PutPool{pool}, event::DeletePool{"old"},
                  event::PutOverride{{"web", "a", event::OverrideState::Drain, 99, "repair"}},
                  event::DeleteOverride{"web", "b"}};
  return change;
}

event::NodeReport small_report() {
  event::NodeReport report{.node = "edge1",
                           .ring = "canary",
                           .state = event::NodeState::Live,
                           .lineage = {1, 2},
                           .staged_seq = 9,
                           .active_seq = 8,
                           .state_hash = {3, 4},
                           .offset = 0,
                           .chain = {1, 2, 3},
                           .build = "0.1.0",
                           .dns_listen = "127.0.0.1:53",
                           .admin_listen = {},
                           .nacks = {}};
  report.nacks.push_back({4, {5, 6}, "rejected: removal guard"});
  return report;
}

TEST(Codec, CarriesEveryPartOfAChangeSet) {
  const event::ChangeSet change = small_change();
  const auto decoded = decode_change_set(encode(change));
  ASSERT_TRUE(decoded) << decoded.error().trail;
  EXPECT_EQ(*decoded, change);
}

TEST(Codec, CarriesAHealthFrame) {
  event::HealthFrame frame{.prober = "ams", .number = 3, .full = true, .observations = {}};
  frame.observations.push_back({"web", "a", event::Observed::Up, ""});
  frame.observations.push_back({"web", "b", event::Observed::Down, "connection refused"});
  const auto decoded = decode_health_frame(encode(frame));
  ASSERT_TRUE(decoded) << decoded.error().trail;
  EXPECT_EQ(*decoded, frame);
}

TEST(Codec, CarriesEveryControlRecord) {
  const std::vector<event::ControlRecord> all = {
      event::Pin{"ring:canary", 4, "alice", "look"}, event::Watermark{"canary", 5, "go"},
      event::SnapshotAnnounce{std::string(64, 'a'), 10, 11, 12, {"http://a/", "http://b/"}},
      event::Heartbeat{"c1", 7}, event::LineageSeal{{1, 2}, {3, 4}, 5}};
  for (const event::ControlRecord& control : all) {
    const auto decoded = decode_control_record(encode(control));
    ASSERT_TRUE(decoded) << decoded.error().trail;
    EXPECT_EQ(*decoded, control);
  }
}

TEST(Codec, CarriesANodeReport) {
  const auto decoded = decode_node_report(encode(small_report()));
  ASSERT_TRUE(decoded) << decoded.error().trail;
  EXPECT_EQ(*decoded, small_report());
  EXPECT_EQ(*decode_node_report(encode(event::NodeReport{})), event::NodeReport{});
}

TEST(Codec, GivesEqualBytesForEqualValues) {
  EXPECT_EQ(encode(small_change()), encode(*decode_change_set(encode(small_change()))));
}

TEST(Codec, HaltsAtANewerMinReaderWhateverElseIsWrong) {
  event::ChangeSet change = small_change();
  change.min_reader = event::min_reader_supported + 1;
  change.rollout = static_cast<event::RolloutClass>(77);
  change.reason = std::string(event::reason_octets_max + 1, 'x');
  const auto decoded = decode_change_set(encode(change));
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().code, Errc::Unsupported);
  EXPECT_NE(decoded.error().trail.find("needs reader " + std::to_string(change.min_reader)),
            std::string::npos);

  change.min_reader = event::min_reader_supported;
  const auto judged = decode_change_set(encode(change));
  ASSERT_FALSE(judged);
  EXPECT_EQ(judged.error().code, Errc::Invalid);
}

void expect_invalid(const event::ChangeSet& change, std::string_view place) {
  const auto decoded = decode_change_set(encode(change));
  ASSERT_FALSE(decoded) << place;
  EXPECT_EQ(decoded.error().code, Errc::Invalid);
  EXPECT_NE(decoded.error().trail.find(place), std::string::npos) << decoded.error().trail;
}

TEST(Codec, RefusesUnknownEnumeratorsWithTheirPlace) {
  event::ChangeSet change = small_change();
  change.rollout = static_cast<event::RolloutClass>(3);
  expect_invalid(change, "change set: rollout: unknown value 3");

  change = small_change();
  std::get<event::PutPool>(change.pools[0]).pool.endpoints[1].status = event::EndpointStatus(9);
  expect_invalid(change, "change set: pools[0]: endpoints[1]: status: unknown value 9");
}

TEST(Codec, HoldsTheLimitsOfTheEvents) {
  event::ChangeSet change = small_change();
  change.author = std::string(event::author_octets_max, 'a');
  change.reason = std::string(event::reason_octets_max, 'a');
  EXPECT_TRUE(decode_change_set(encode(change)));
  change.author += 'a';
  expect_invalid(change, "author: length 256 is above 255");

  change = small_change();
  auto& endpoints = std::get<event::PutPool>(change.pools[0]).pool.endpoints;
  endpoints.resize(event::pool_endpoints_max, endpoints[0]);
  EXPECT_TRUE(decode_change_set(encode(change)));
  endpoints.push_back(endpoints[0]);
  expect_invalid(change, "pools[0]: endpoints: length 65 is above 64");
}

TEST(Codec, RefusesAnOctetMoreThanAChangeSetMayHave) {
  event::ChangeSet change = small_change();
  change.zones[0].edits.clear();
  const base::Bytes large(61'200, 0);
  const auto put = [&large](int) {
    return event::PutRrset{{name("a.example.org."), dns::RrType::Txt, dns::Ttl(1), {large}}};
  };
  for (int i = 0; i < 15; ++i) change.zones[0].edits.emplace_back(put(i));
  const auto last = [&change]() -> base::Bytes& {
    return std::get<event::PutRrset>(change.zones[0].edits.back()).rrset.rdata[0];
  };
  last().resize(61'200 + event::change_set_octets_max - encode(change).size());
  ASSERT_EQ(encode(change).size(), event::change_set_octets_max);
  EXPECT_TRUE(decode_change_set(encode(change)));
  last().resize(last().size() + 8);
  expect_invalid(change, "octets, more than");
}

TEST(Codec, RefusesNamesThatAreNotCanonical) {
  const base::Bytes good = encode(small_change());
  const std::string_view text = base::as_text(good);
  const auto at = text.find("\3old\7example");
  ASSERT_NE(at, std::string_view::npos);

  base::Bytes upper = good;
  upper[at + 1] = 'O';
  const auto decoded = decode_change_set(upper);
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().code, Errc::Invalid);
  EXPECT_NE(decoded.error().trail.find("zones[0]: edits[2]: owner: "), std::string::npos)
      << decoded.error().trail;

  base::Bytes broken = good;
  broken[at] = 200;
  EXPECT_EQ(decode_change_set(broken).error().code, Errc::Invalid);
}

TEST(Codec, RefusesAnotherKindOfRecordAndNothing) {
  EXPECT_EQ(decode_change_set(encode(small_report())).error().trail,
            "change set: its identifier is not TMCS");
  EXPECT_EQ(decode_change_set({}).error().code, Errc::Invalid);
  for (const std::size_t size : {1, 4, 7, 8, 9, 12}) {
    const base::Bytes all = encode(small_change());
    EXPECT_EQ(decode_change_set(base::ByteView(all).first(size)).error().code, Errc::Invalid);
  }
}

TEST(Codec, RefusesAUnionMemberThatItDoesNotKnow) {
  flatbuffers::FlatBufferBuilder out;
  const std::uint8_t zone_name[] = {1, 'a', 0};
  const auto value = wire::CreateCreateZone(out).Union();
  const auto item = wire::CreateZoneEditItem(out, static_cast<wire::ZoneEdit>(50), value);
  const auto edits = out.CreateVector(std::vector{item});
  const auto expect = wire::CreateExpectAny(out).Union();
  const auto owner = out.CreateVector(zone_name, 3);
  const auto zone =
      wire::CreateZoneEdits(out, owner, wire::Expect::ExpectAny, expect, false, nullptr, edits);
  const auto zones = out.CreateVector(std::vector{zone});
  const wire::U128 id(1, 2);
  wire::FinishChangeSetBuffer(
      out, wire::CreateChangeSet(out, 1, 1, &id, 0, 0, 0, 0, wire::RolloutClass::Standard,
                                 flatbuffers::nullopt, zones));
  const auto decoded = decode_change_set({out.GetBufferPointer(), out.GetSize()});
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().trail, "change set: zones[0]: edits[0]: edit: unknown member 50");
}

// 20,000 edits that all name one RRset of 60 kB: 140 kB of record, 1.2 GB to read.
TEST(Codec, BoundsWhatSharedPartsCost) {
  flatbuffers::FlatBufferBuilder out;
  const base::Bytes large(60'000, 0);
  const std::uint8_t owner_wire[] = {1, 'a', 0};
  const auto octets = out.CreateVector(large);
  const auto records = out.CreateVector(std::vector{wire::CreateRdata(out, octets)});
  const auto owner = out.CreateVector(owner_wire, 3);
  const auto put = wire::CreatePutRrset(out, owner, 16, 300, records).Union();
  const auto item = wire::CreateZoneEditItem(out, wire::ZoneEdit::PutRrset, put);
  const auto edits = out.CreateVector(std::vector(20'000, item));
  const auto expect = wire::CreateExpectAny(out).Union();
  const auto zone =
      wire::CreateZoneEdits(out, owner, wire::Expect::ExpectAny, expect, false, nullptr, edits);
  const auto zones = out.CreateVector(std::vector{zone});
  const wire::U128 id(1, 2);
  wire::FinishChangeSetBuffer(
      out, wire::CreateChangeSet(out, 1, 1, &id, 0, 0, 0, 0, wire::RolloutClass::Standard,
                                 flatbuffers::nullopt, zones));
  const auto decoded = decode_change_set({out.GetBufferPointer(), out.GetSize()});
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().code, Errc::Invalid);
  EXPECT_NE(decoded.error().trail.find("shared more often"), std::string::npos);
}

TEST(Codec, ReadsFromAnyAlignment) {
  const base::Bytes good = encode(small_change());
  for (std::size_t shift = 1; shift < 8; ++shift) {
    base::Bytes shifted(shift, 0);
    shifted.insert(shifted.end(), good.begin(), good.end());
    EXPECT_TRUE(decode_change_set(base::ByteView(shifted).subspan(shift)));
  }
}

}  // namespace
}  // namespace tidemark::schemas
