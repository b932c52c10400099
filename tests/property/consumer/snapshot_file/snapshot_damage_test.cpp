// Every bit of a file flipped, every length cut off, octets added, parts of another file put in:
// nothing of it is accepted. TIDEMARK_FLIPS=1000000 flips so many bits, of a file so large that it
// has them; without it a few thousand.
#include <cstdlib>
#include <iostream>

#include <gtest/gtest.h>

#include "consumer/snapshot_file/snapshot_store.hpp"
#include "core/event/health_frame.hpp"
#include "tests/support/life.hpp"
#include "tests/support/memory_disk.hpp"

namespace tidemark::consumer {
namespace {

using namespace tidemark::support;

const dataset::Lineage lineage = lineage_of("tests");

std::size_t flips_wanted() {
  const char* const text = std::getenv("TIDEMARK_FLIPS");
  return text != nullptr ? static_cast<std::size_t>(std::strtoull(text, nullptr, 10)) : 4000;
}

// Of so many owners in two zones, with health and a ledger.
base::Bytes file_of(std::uint32_t owners, std::uint32_t first_address) {
  SnapshotContents contents{
      fold::State::empty(lineage, dataset::HashSeed(1)), "memory", {}, -1, {}};
  std::int64_t offset = 0;
  const auto fold_in = [&](const event::ChangeSet& change) {
    EXPECT_TRUE(std::holds_alternative<fold::Accepted>(fold::step(contents.state, change, offset)));
    fold::advance(contents.state, offset, base::sha256(base::as_bytes(std::to_string(offset))));
    ++offset;
  };
  std::uint64_t number = 0;
  for (const auto* text : {"example.org.", "example.net."}) {
    const dns::Name zone = name(text);
    fold_in(create_zone(++number, zone));
    for (std::uint32_t i = 0; i < owners / 2; ++i) {
      const auto owner = zone.child("host" + std::to_string(i));
      fold_in(put(++number, zone, a_record(*owner, first_address + i)));
    }
  }
  event::HealthFrame frame;
  frame.prober = "p1";
  contents.observations.apply(frame, 1000);
  contents.health_offset = 7;
  return serialize(contents);
}

bool accepts(base::ByteView file) { return parse(file, lineage, dataset::HashSeed(2)).has_value(); }

// For the flips: a file with at least so many bits.
base::Bytes file_with_bits(std::size_t bits) {
  std::uint32_t owners = 20;
  base::Bytes file = file_of(owners, 1);
  while (file.size() * 8 < bits) file = file_of(owners *= 2, 1);
  return file;
}

TEST(SnapshotDamage, NoFlippedBitIsAccepted) {
  const std::size_t wanted = flips_wanted();
  base::Bytes file = file_with_bits(wanted);
  const base::Sha256 name = base::sha256(file);
  ASSERT_TRUE(accepts(file));
  const std::size_t bits = file.size() * 8;
  const std::size_t step = bits / wanted;
  std::size_t flipped = 0, accepted_without_name = 0, accepted_by_name = 0;
  for (std::size_t bit = 0; bit < bits; bit += step) {
    const auto mask = static_cast<std::uint8_t>(1u << (bit % 8));
    file[bit / 8] ^= mask;
    accepted_without_name += accepts(file) ? 1 : 0;
    accepted_by_name += base::sha256(file) == name ? 1 : 0;
    file[bit / 8] ^= mask;
    ++flipped;
  }
  std::cout << flipped << " of the " << bits << " bits of a file flipped: " << accepted_without_name
            << " accepted by checksums and state hash alone, " << accepted_by_name
            << " by the SHA-256 of its name\n";
  EXPECT_GE(flipped, wanted);
  EXPECT_EQ(accepted_without_name, 0u);
  EXPECT_EQ(accepted_by_name, 0u);
}

TEST(SnapshotDamage, NoShorterOrLongerFileIsAccepted) {
  const base::Bytes file = file_of(20, 1);
  for (std::size_t length = 0; length < file.size(); ++length) {
    ASSERT_FALSE(accepts(base::ByteView(file).first(length))) << length;
  }
  base::Bytes longer = file;
  for (std::size_t i = 0; i < 300; ++i) {
    longer.push_back(i < 150 ? 0 : file[i]);
    ASSERT_FALSE(accepts(longer)) << longer.size();
  }
  base::Bytes twice = file;
  twice.insert(twice.end(), file.begin(), file.end());
  EXPECT_FALSE(accepts(twice));
}

struct Section {
  std::string tag;
  std::size_t first, octets;
};

std::vector<Section> sections_of(const base::Bytes& file) {
  std::vector<Section> sections;
  for (std::size_t at = 12; at < file.size();) {
    const std::size_t octets = 4 + 8 + base::load_u64(file.data() + at + 4) + 16;
    sections.push_back(
        {std::string(base::as_text(base::ByteView(file).subspan(at, 4))), at, octets});
    at += octets;
  }
  return sections;
}

TEST(SnapshotDamage, NoFileWithAPartOfAnotherOneIsAccepted) {
  const base::Bytes file = file_of(20, 1), other = file_of(20, 77);
  const auto sections = sections_of(file), others = sections_of(other);
  ASSERT_EQ(sections.size(), others.size());
  std::size_t mixed = 0;
  for (std::size_t i = 0; i < sections.size(); ++i) {
    const auto piece = base::ByteView(other).subspan(others[i].first, others[i].octets);
    base::Bytes mixture(file.begin(),
                        file.begin() + static_cast<std::ptrdiff_t>(sections[i].first));
    mixture.insert(mixture.end(), piece.begin(), piece.end());
    mixture.insert(
        mixture.end(),
        file.begin() + static_cast<std::ptrdiff_t>(sections[i].first + sections[i].octets),
        file.end());
    if (mixture == file) continue;  // the two hold the same there
    ++mixed;
    EXPECT_FALSE(accepts(mixture)) << sections[i].tag;
  }
  EXPECT_GE(mixed, 3u) << "HEAD and both zones differ";
}

TEST(SnapshotDamage, NoFileUnderTheNameOfAnotherOneIsAccepted) {
  MemoryDisk disk;
  const std::string prefix = "snapshot-000000000";
  const base::Bytes first = file_of(20, 1), second = file_of(20, 77);
  const auto name_of = [&](char generation, const base::Bytes& octets) {
    return prefix + generation + "-" + base::to_hex(base::sha256(octets)) + ".tmsnap";
  };
  disk.files()[name_of('1', first)] = second;
  disk.files()[name_of('2', second)] = first;
  const RestoreReport report = SnapshotStore(disk, lineage).restore(dataset::HashSeed(1));
  EXPECT_FALSE(report.contents.has_value());
  EXPECT_EQ(report.set_aside, 2u);
}

}  // namespace
}  // namespace tidemark::consumer
