#include "consumer/snapshot_file/snapshot_file.hpp"

#include <algorithm>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "tests/support/life.hpp"

namespace tidemark::consumer {
namespace {

using base::Errc;
using namespace tidemark::support;

const dataset::Lineage lineage = lineage_of("tests");
const dataset::HashSeed seed(1), another_seed(99);
const dns::Name zone = name("example.org.");

void fold_in(fold::State& state, const event::ChangeSet& change) {
  const std::int64_t offset = state.offset + 1;
  const auto judgement = fold::step(state, change, offset);
  const auto* rejected = std::get_if<fold::Rejected>(&judgement);
  ASSERT_EQ(rejected, nullptr) << rejected->detail;
  fold::advance(state, offset, base::sha256(base::as_bytes(std::to_string(offset))));
}

event::ChangeSet with_pool() {
  event::ChangeSet change = change_numbered(2);
  event::Pool pool{.name = "web", .endpoints = {}, .check = {}};
  pool.endpoints.push_back({"a", {event::Address::Family::V4, {192, 0, 2, 1}}});
  pool.endpoints.push_back({"b", {event::Address::Family::V6, {0x20, 1, 0xd, 0xb8}}, 0});
  pool.check.kind = event::CheckKind::Http;
  pool.check.port = 80;
  change.pools.push_back(event::PutPool{pool});
  change.pools.push_back(
      event::PutOverride{{"web", "a", event::OverrideState::Down, 5000, "maintenance"}});
  return change;
}

// One of everything that a file can hold.
SnapshotContents full_contents() {
  SnapshotContents contents{fold::State::empty(lineage, seed), "cluster one", {}, 12, {}};
  contents.health_last_record[0] = 0xaa;
  fold::State& state = contents.state;
  fold_in(state, create_zone(1, zone));
  fold_in(state, with_pool());
  fold_in(state, put(3, zone, a_record(*zone.child("www"), 0xc0000201)));
  fold_in(state, put(4, zone, a_record(name("deep.below.it.example.org."), 0xc0000202)));
  fold_in(state,
          put(5, zone, {*zone.child("pool"), dns::RrType::Pool, dns::Ttl(30), {{'w', 'e', 'b'}}}));
  event::ChangeSet settings = change_numbered(6);
  settings.author_epoch = event::AuthorEpoch(3);
  settings.zones.push_back(
      {zone, event::ExpectAny{}, false, {}, {event::PutZoneSettings{55, 7, 900'000}}});
  fold_in(state, settings);
  event::ChangeSet part = change_numbered(7);
  part.zones.push_back(
      {name("new.test."),
       event::ExpectAny{},
       true,
       {},
       {event::BeginConstruction{}, event::PutRrset{a_record(name("www.new.test."), 0xc0000203)}}});
  fold_in(state, part);
  state.undecodable = 4;
  contents.observations.apply({.prober = "ams",
                               .number = 1,
                               .full = true,
                               .observations = {{"web", "a", event::Observed::Down, "refused"}}},
                              1234);
  return contents;
}

void expect_equal(const SnapshotContents& a, const SnapshotContents& b) {
  EXPECT_EQ(a.state.dataset.version(), b.state.dataset.version());
  EXPECT_EQ(a.state.ledger, b.state.ledger);
  EXPECT_EQ(a.state.offset, b.state.offset);
  EXPECT_EQ(a.state.chain, b.state.chain);
  EXPECT_EQ(a.state.last_record, b.state.last_record);
  EXPECT_EQ(a.state.accepted, b.state.accepted);
  EXPECT_EQ(a.state.undecodable, b.state.undecodable);
  EXPECT_EQ(a.log_identity, b.log_identity);
  EXPECT_EQ(a.observations, b.observations);
  EXPECT_EQ(a.health_offset, b.health_offset);
  EXPECT_EQ(a.health_last_record, b.health_last_record);
}

TEST(SnapshotFile, HoldsEverything) {
  const SnapshotContents contents = full_contents();
  const base::Bytes file = serialize(contents);
  const auto parsed = parse(file, lineage, another_seed);
  ASSERT_TRUE(parsed.has_value()) << parsed.error().trail;
  expect_equal(*parsed, contents);
  const dataset::Dataset& dataset = parsed->state.dataset;
  const auto live = dataset.find_zone(zone);
  EXPECT_EQ(live->settings(), (dataset::ZoneSettings{55, 7, 900'000}));
  EXPECT_EQ(live->seq(), contents.state.dataset.find_zone(zone)->seq());
  EXPECT_EQ(live->serial(), contents.state.dataset.find_zone(zone)->serial());
  EXPECT_EQ(live->name_count(), contents.state.dataset.find_zone(zone)->name_count());
  EXPECT_EQ(live->rrsets(), contents.state.dataset.find_zone(zone)->rrsets());
  EXPECT_TRUE(dataset.find_construction(name("new.test.")).has_value());
  EXPECT_EQ(dataset.find_pool(std::string_view("web"))->references(), 1u);
  EXPECT_EQ(dataset.overrides(), contents.state.dataset.overrides());
  EXPECT_EQ(dataset.recompute_state_hash(), dataset.version().state_hash);
}

// What only format version 2 can hold.
SnapshotContents younger_contents() {
  SnapshotContents contents = full_contents();
  event::ChangeSet salts = change_numbered(20);
  salts.min_reader = 2;
  salts.cookie_salts = event::PutCookieSalts{{}, {event::CookieSalt{1, 2, 3}}};
  fold_in(contents.state, salts);
  event::ChangeSet expiry = change_numbered(21);
  expiry.min_reader = 2;
  expiry.zones.push_back(
      {zone, event::ExpectAny{}, false, {}, {event::PutZoneSettings{{}, {}, {}, 600}}});
  fold_in(contents.state, expiry);
  return contents;
}

TEST(SnapshotFile, HoldsCookieSaltsAndExpiry) {
  const SnapshotContents contents = younger_contents();
  const auto parsed = parse(serialize(contents), lineage, another_seed);
  ASSERT_TRUE(parsed.has_value()) << parsed.error().trail;
  expect_equal(*parsed, contents);
  EXPECT_EQ(parsed->state.dataset.cookie_salts(),
            std::vector<event::CookieSalt>({event::CookieSalt{1, 2, 3}}));
  EXPECT_EQ(parsed->state.dataset.find_zone(zone)->settings().expire_seconds, 600u);
}

TEST(SnapshotFile, IsOfVersion1WhileThatHoldsAll) {
  EXPECT_EQ(serialize(full_contents())[11], 1);
  EXPECT_EQ(serialize(younger_contents())[11], 2);
}

TEST(SnapshotFile, RefusesAYoungerFileCutAnywhere) {
  const base::Bytes file = serialize(younger_contents());
  for (std::size_t size = 0; size < file.size(); ++size) {
    ASSERT_FALSE(parse(base::ByteView(file).first(size), lineage, seed).has_value()) << size;
  }
}

TEST(SnapshotFile, EqualStatesGiveEqualOctets) {
  const SnapshotContents contents = full_contents();
  const base::Bytes file = serialize(contents);
  EXPECT_EQ(serialize(*parse(file, lineage, another_seed)), file)
      << "places in tables and the order of edits are nothing";
}

TEST(SnapshotFile, AnEmptyStateHasAFileToo) {
  const base::Bytes file = serialize({fold::State::empty(lineage, seed), {}, {}, -1, {}});
  EXPECT_TRUE(parse(file, lineage, seed).has_value());
}

// The file is folded on as if it had never been a file.
TEST(SnapshotFile, WhatIsParsedIsEditedOn) {
  SnapshotContents original = full_contents();
  SnapshotContents copy = *parse(serialize(original), lineage, another_seed);
  for (SnapshotContents* each : {&original, &copy}) {
    fold_in(each->state, put(20, zone, a_record(*zone.child("www"), 0xc00002ff)));
    event::ChangeSet commit = change_numbered(21);
    commit.zones.push_back({name("new.test."),
                            event::ExpectAny{},
                            true,
                            {},
                            {event::PutRrset{soa_of(name("new.test."), 1)},
                             event::PutRrset{ns_of(name("new.test."))}}});
    fold_in(each->state, commit);
    commit = change_numbered(22);
    commit.zones.push_back(
        {name("new.test."), event::ExpectAny{}, true, {}, {event::CommitConstruction{3}}});
    fold_in(each->state, commit);
  }
  expect_equal(copy, original);
}

TEST(SnapshotFile, RefusesAnyFlippedBit) {
  const base::Bytes file = serialize(full_contents());
  for (std::size_t octet = 0; octet < file.size(); ++octet) {
    base::Bytes flipped = file;
    flipped[octet] ^= static_cast<std::uint8_t>(1u << (octet % 8));
    const auto parsed = parse(flipped, lineage, seed);
    ASSERT_FALSE(parsed.has_value()) << "octet " << octet;
  }
}

TEST(SnapshotFile, RefusesAFileCutAnywhere) {
  const base::Bytes file = serialize(full_contents());
  for (std::size_t size = 0; size < file.size(); ++size) {
    ASSERT_FALSE(parse(base::ByteView(file).first(size), lineage, seed).has_value()) << size;
  }
}

TEST(SnapshotFile, RefusesOctetsBehindTheEnd) {
  base::Bytes file = serialize(full_contents());
  file.push_back(0);
  EXPECT_EQ(parse(file, lineage, seed).error().code, Errc::Invalid);
}

TEST(SnapshotFile, TellsANewerFormatFromADamagedOne) {
  base::Bytes file = serialize(full_contents());
  file[11] = snapshot_format_version + 1;
  EXPECT_EQ(parse(file, lineage, seed).error().code, Errc::Unsupported);
}

TEST(SnapshotFile, RefusesAnotherDataset) {
  const auto parsed = parse(serialize(full_contents()), lineage_of("others"), seed);
  EXPECT_EQ(parsed.error().code, Errc::Conflict);
}

TEST(SnapshotFile, LineageDependsOnTheDatasetsNameAlone) {
  EXPECT_EQ(base::to_hex(lineage_of("tests").value()), base::to_hex(lineage.value()));
  EXPECT_NE(lineage_of("test").value(), lineage.value());
  const base::Sha256 expected = base::sha256(base::as_bytes("tidemark:tests"));
  EXPECT_EQ(base::to_hex(lineage.value()), base::to_hex(base::ByteView(expected).first(16)));
}

// Changes a payload and makes its section's checksum agree again, as a clever stranger would.
base::Bytes forged(base::Bytes file, std::string_view tag, std::size_t payload_octet,
                   std::uint8_t value) {
  base::Reader in(file);
  in.take(12);
  while (!in.at_end()) {
    const std::size_t start = in.position();
    const auto found = in.take(4);
    const std::size_t octets = *in.take_u64();
    in.take(octets + 16);
    if (base::as_text(*found) != tag) continue;
    file[start + 12 + payload_octet] = value;
    const auto sum =
        base::to_octets(base::xxh3_128(base::ByteView(file).subspan(start, 12 + octets)));
    std::ranges::copy(sum, file.begin() + static_cast<std::ptrdiff_t>(start + 12 + octets));
    return file;
  }
  ADD_FAILURE() << "no section " << tag;
  return file;
}

TEST(SnapshotFile, RefusesContentThatIsNotWhatTheHeadSays) {
  SnapshotContents contents = full_contents();
  const base::Bytes file = serialize(contents);
  const auto last = [&](std::string_view tag) {  // an octet of the zone's last address
    base::Reader in(file);
    in.take(12);
    while (true) {
      const auto found = in.take(4);
      const std::size_t octets = *in.take_u64();
      in.take(octets + 16);
      if (base::as_text(*found) == tag) return octets - 1;
    }
  };
  const auto parsed = parse(forged(file, "ZONE", last("ZONE"), 0x77), lineage, seed);
  ASSERT_FALSE(parsed.has_value());
  EXPECT_NE(parsed.error().trail.find("state hash"), std::string::npos) << parsed.error().trail;
}

// Every octet of every payload, with a checksum that agrees: an error or the same meaning, never a
// broken invariant, and never another state under the old hash.
TEST(SnapshotFile, SurvivesForgedPayloads) {
  const SnapshotContents contents = full_contents();
  const base::Bytes file = serialize(contents);
  for (const std::string_view tag : {"HEAD", "POOL", "OVRD", "ZONE", "PART", "LEDG", "HLTH"}) {
    base::Reader in(file);
    in.take(12);
    std::size_t octets = 0;
    while (true) {
      const auto found = in.take(4);
      octets = *in.take_u64();
      in.take(octets + 16);
      if (base::as_text(*found) == tag) break;
    }
    for (std::size_t at = 0; at < octets; ++at) {
      for (const std::uint8_t value : base::Bytes{0x00, 0x01, 0x05, 0x41, 0x7f, 0xff}) {
        const auto parsed = parse(forged(file, tag, at, value), lineage, seed);
        if (!parsed) continue;
        ASSERT_EQ(parsed->state.dataset.version().state_hash,
                  parsed->state.dataset.recompute_state_hash());
        if (tag == "HEAD") continue;  // seq and positions are not part of the hash
        ASSERT_EQ(parsed->state.dataset.version(), contents.state.dataset.version())
            << tag << " octet " << at;
      }
    }
  }
}

// The octets in the ```hex block of the format's page.
base::Bytes octets_of_document() {
  std::ifstream page("docs/formats/snapshot-file.md");
  base::Bytes octets;
  bool inside = false;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("```")) {
      inside = line == "```hex";
      continue;
    }
    if (!inside) continue;
    std::string digits = line.substr(4);
    std::erase(digits, ' ');
    for (std::size_t at = 0; at < digits.size(); at += 2) {
      octets.push_back(static_cast<std::uint8_t>(std::stoi(digits.substr(at, 2), nullptr, 16)));
    }
  }
  return octets;
}

// Version 1 stays readable for ever, and its page true.
TEST(SnapshotFile, TheWorkedExampleOfItsPageIsReal) {
  const base::Bytes file = octets_of_document();
  const auto parsed = parse(file, lineage_of("main"), seed);
  ASSERT_TRUE(parsed.has_value()) << parsed.error().trail;
  EXPECT_EQ(serialize(*parsed), file);
  EXPECT_EQ(parsed->log_identity, "memory");
  EXPECT_EQ(parsed->state.offset, 0);
  const auto www = parsed->state.dataset.find_zone(zone)->find(name("www.example.org."));
  ASSERT_TRUE(www.has_value());
  EXPECT_TRUE(www->has(dns::RrType::A));
}

}  // namespace
}  // namespace tidemark::consumer
