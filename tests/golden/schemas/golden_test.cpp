// Golden records: bytes as the first writer of each form wrote them. They decode for ever.
//
// TIDEMARK_GOLDEN=write writes the files of the newest form anew: only before its first release.
#include <cstdlib>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "schemas/codec.hpp"
#include "schemas/text.hpp"

namespace tidemark::schemas {
namespace {

const std::string v1 = TIDEMARK_GOLDEN_FOLDER "/v1/", v2 = TIDEMARK_GOLDEN_FOLDER "/v2/",
                  v3 = TIDEMARK_GOLDEN_FOLDER "/v3/", v4 = TIDEMARK_GOLDEN_FOLDER "/v4/";

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

dns::Name name(std::string_view text) { return *dns::Name::parse(text); }

event::ChangeSet zone_change() {
  event::ChangeSet change{.change_id = event::ChangeId({0x0123456789abcdef, 0xfedcba9876543210}),
                          .author = "alice",
                          .author_epoch = event::AuthorEpoch(3),
                          .reason = "move www",
                          .created_ms = 1'700'000'000'123,
                          .rollout = event::RolloutClass::Expedite,
                          .acknowledged_removals = 0,
                          .zones = {},
                          .pools = {}};
  const dns::Ttl ttl(300);
  change.zones.push_back(
      {name("example.org."),
       event::ExpectExactly{event::ZoneSeq(7)},
       false,
       base::U128{5, 6},
       {event::CreateZone{},
        event::PutRrset{
            {name("www.example.org."), dns::RrType::A, ttl, {{192, 0, 2, 1}, {192, 0, 2, 2}}}},
        event::PutRrset{{name("*.example.org."), dns::RrType::Txt, ttl, {{2, 'h', 'i'}}}},
        event::PutRrset{{name("pool.example.org."), dns::RrType(65280), ttl, {{1, 2, 255}}}},
        event::DeleteRrset{name("old.example.org."), dns::RrType::Aaaa},
        event::PutZoneSettings{40, std::nullopt, 86400}, event::BeginConstruction{},
        event::CommitConstruction{12}, event::DeleteZone{}}});
  change.zones.push_back({name("example.net."), event::ExpectAbsent{}, true, std::nullopt, {}});
  change.zones.push_back({name("."), event::ExpectAny{}, false, std::nullopt, {}});
  return change;
}

event::ChangeSet pool_change() {
  event::ChangeSet change{.change_id = event::ChangeId({1, 2}),
                          .author = {},
                          .author_epoch = event::AuthorEpoch(0),
                          .reason = {},
                          .zones = {},
                          .pools = {}};
  event::Pool pool{.name = "web",
                   .endpoints = {{"a", {event::Address::Family::V4, {192, 0, 2, 1}}, 1, {}},
                                 {"b",
                                  {event::Address::Family::V6, {0x20, 1, 0xd, 0xb8}},
                                  0,
                                  event::EndpointStatus::Down}},
                   .check = {.kind = event::CheckKind::Https,
                             .port = 8443,
                             .path = "/live",
                             .host = "www.example.org",
                             .status_low = 200,
                             .status_high = 204,
                             .verify_tls = true,
                             .interval_ms = 500,
                             .timeout_ms = 250,
                             .rise = 1,
                             .fall = 4},
                   .all_down = event::AllDown::ServFail,
                   .floor = 2,
                   .quorum = 3,
                   .stale_after_ms = 5000};
  change.pools = {
      event::PutPool{pool}, event::DeletePool{"old"},
      event::PutOverride{{"web", "a", event::OverrideState::Drain, 1'700'000'000'000, "repair"}},
      event::DeleteOverride{"web", "b"}};
  return change;
}

// What records of the second form hold besides.
event::ChangeSet cookie_change() {
  event::ChangeSet change{.change_id = event::ChangeId({3, 4}),
                          .author = "bob",
                          .author_epoch = event::AuthorEpoch(0),
                          .reason = "roll over",
                          .zones = {},
                          .pools = {}};
  change.min_reader = 2;
  event::CookieSalt one, two;
  for (std::uint8_t i = 0; i < one.size(); ++i) {
    one[i] = i;
    two[i] = static_cast<std::uint8_t>(0xf0 + i);
  }
  change.cookie_salts = event::PutCookieSalts{{one}, {one, two}};
  change.zones.push_back({name("example.org."),
                          event::ExpectAny{},
                          false,
                          std::nullopt,
                          {event::PutZoneSettings{{}, {}, {}, 86400}}});
  return change;
}

event::ChangeSet imported_change() {
  event::ChangeSet change{.change_id = event::ChangeId({5, 6}),
                          .author = "carol",
                          .author_epoch = event::AuthorEpoch(0),
                          .reason = "a web server",
                          .zones = {},
                          .pools = {}};
  change.origin = event::Origin{"git", std::string(40, 'a'), 1'500'000'000'000};
  change.zones.push_back({name("example.org."), event::ExpectAny{}, false, std::nullopt, {}});
  return change;
}

event::ChangeSet succession_change() {
  event::ChangeSet change{.change_id = event::ChangeId({7, 8}),
                          .author = "tidemark",
                          .author_epoch = event::AuthorEpoch(0),
                          .reason = "the topic was made anew",
                          .zones = {},
                          .pools = {}};
  change.min_reader = 3;
  change.succession = event::Succession{41, {5, 6}, {{44, {1, 2, 3}}, {43, {4, 5, 6}}}};
  return change;
}

event::HealthFrame health_frame() {
  return {.prober = "ams",
          .number = 9,
          .full = true,
          .agent = false,
          .observations = {{"web", "a", event::Observed::Up, ""},
                           {"web", "b", event::Observed::Down, "connection refused"}}};
}

event::NodeReport node_report() {
  return {.node = "edge1",
          .ring = "canary",
          .state = event::NodeState::Live,
          .lineage = {1, 2},
          .staged_seq = 9,
          .active_seq = 8,
          .state_hash = {3, 4},
          .offset = 11,
          .chain = {1, 2, 3},
          .health_offset = 77,
          .accepted = 9,
          .rejected = 1,
          .undecodable = 2,
          .started_ms = 1'700'000'000'000,
          .build = "0.1.0",
          .dns_listen = "127.0.0.1:5301",
          .admin_listen = "127.0.0.1:8081",
          .nacks = {{4, {5, 6}, "removal guard"}}};
}

event::NodeReport younger_report() {
  event::NodeReport report = node_report();
  report.instance = {7, 8};
  report.appended_ms = 1'700'000'000'500;
  report.durable_seq = 6;
  report.durable_sha256 = std::string(64, 'b');
  report.snapshot_url = "http://127.0.0.1:8091";
  report.rebuilds = 1;
  report.rebuilt_seq = 5;
  report.rebuilt_from_hash = {9, 10};
  report.rebuilt_to_hash = {11, 12};
  report.trouble = "disk full";
  report.answers = 1000;
  report.servfail = 3;
  report.nxdomain = 20;
  report.held_before_seq = 10;
  report.wants_withdrawal = true;
  return report;
}

event::Proposal proposal() {
  return {.id = {1, 2},
          .author = "alice",
          .reason = "tidy up",
          .created_ms = 1'700'000'000'123,
          .refusal = "removes 40 of 100 RRsets",
          .zones = {"example.org."},
          .decided_at_seq = 17,
          .change = {1, 2, 3, 4},
          .state = event::ProposalState::Rejected,
          .closed_by = "bob",
          .closed_reason = "not on a Friday",
          .closed_ms = 1'700'000'100'000};
}

template <class Event, class Decode>
void expect_golden(const std::string& record, const Event& event, Decode decode,
                   const std::string& folder = v1) {
  if (const char* wish = std::getenv("TIDEMARK_GOLDEN");
      wish && std::string_view(wish) == "write") {
    const base::Bytes bytes = encode(event);
    std::ofstream(folder + record + ".bin", std::ios::binary) << base::as_text(bytes);
    std::ofstream(folder + record + ".txt") << to_text(event) << to_json(event) << "\n";
  }
  const std::string golden = read_file(folder + record + ".bin");
  ASSERT_FALSE(golden.empty()) << folder + record << ".bin";
  const auto decoded = decode(base::as_bytes(golden));
  ASSERT_TRUE(decoded) << record << ": " << decoded.error().trail;
  EXPECT_EQ(*decoded, event) << record;
  EXPECT_EQ(to_text(*decoded) + to_json(*decoded) + "\n", read_file(folder + record + ".txt"));
  // No younger field is written that is not used.
  EXPECT_EQ(base::as_text(encode(event)), golden) << record;
}

TEST(GoldenRecords, OfTheFirstFormDecodeForEver) {
  expect_golden("change_set", zone_change(), decode_change_set);
  expect_golden("change_set_pools", pool_change(), decode_change_set);
  expect_golden("health_frame", health_frame(), decode_health_frame);
  expect_golden("node_report", node_report(), decode_node_report);
  const auto control = [](const std::string& record, const event::ControlRecord& value) {
    expect_golden(record, value, decode_control_record);
  };
  control("control_pin", event::Pin{"ring:canary", 4, "alice", "look first"});
  control("control_watermark", event::Watermark{"canary", 5, "go"});
  control(
      "control_snapshot_announce",
      event::SnapshotAnnounce{std::string(64, 'a'), 10, 11, 12, {"http://127.0.0.1:8080/s/aa"}});
  control("control_heartbeat", event::Heartbeat{"c1", 7});
  control("control_lineage_seal", event::LineageSeal{{1, 2}, {3, 4}, 5});
}

TEST(GoldenRecords, OfTheSecondFormDecodeForEver) {
  expect_golden("change_set_cookies", cookie_change(), decode_change_set, v2);
  expect_golden("change_set_origin", imported_change(), decode_change_set, v2);
}

TEST(GoldenRecords, OfTheThirdFormDecodeForEver) {
  const auto control = [](const std::string& record, const event::ControlRecord& value) {
    expect_golden(record, value, decode_control_record, v3);
  };
  control("control_watermark",
          event::Watermark{"canary", 5, "SERVFAIL rose", "c1", 12, {1, 2}, false});
  control("control_watermark_released",
          event::Watermark{"canary", 0, "outage", "bob", 13, {}, true});
  control(
      "control_snapshot_announce",
      event::SnapshotAnnounce{std::string(64, 'a'), 10, 11, 12, {"http://[::1]:1/"}, {3, 4}, "c1"});
  control("control_heartbeat", event::Heartbeat{"c1", 7, 41, {5, 6}, 44, {1, 2, 3}});
  control("control_proposal", proposal());
  expect_golden("node_report", younger_report(), decode_node_report, v3);
}

TEST(GoldenRecords, OfTheFourthFormDecodeForEver) {
  expect_golden("change_set_succession", succession_change(), decode_change_set, v4);
}

}  // namespace
}  // namespace tidemark::schemas
