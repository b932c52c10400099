// The input is a snapshot file. Its checksums are set right first, or hardly an input would be read
// behind the first of them; as it is, it is tried too.
#include "consumer/snapshot_file/snapshot_file.hpp"

#include "consumer/snapshot_file/sections.hpp"
#include "core/base/check.hpp"
#include "core/base/hash.hpp"

using namespace tidemark;

namespace {

// The lineage that HEAD tells: else no input of another dataset's would be read.
dataset::Lineage lineage_in(base::ByteView file) {
  base::Reader in(file);
  (void)in.take(consumer::snapshot_magic.size() + 4 + consumer::section_opening_octets);
  const std::uint64_t high = in.take_u64().value_or(0);
  return dataset::Lineage(base::U128{high, in.take_u64().value_or(0)});
}

base::Bytes with_checksums(base::ByteView input) {
  base::Bytes file(input.begin(), input.end());
  std::size_t at = consumer::snapshot_magic.size() + 4;
  while (at + consumer::section_opening_octets <= file.size()) {
    const std::uint64_t payload = base::load_u64(file.data() + at + consumer::section_tag_octets);
    const std::size_t left = file.size() - at - consumer::section_opening_octets;
    if (payload > left || left - payload < consumer::section_checksum_octets) break;
    const std::size_t covered = consumer::section_opening_octets + payload;
    const auto sum = base::to_octets(base::xxh3_128(base::ByteView(file).subspan(at, covered)));
    std::ranges::copy(sum, file.begin() + static_cast<std::ptrdiff_t>(at + covered));
    at += covered + consumer::section_checksum_octets;
  }
  return file;
}

void check_file(base::ByteView file) {
  const auto lineage = lineage_in(file);
  const auto contents = consumer::parse(file, lineage, dataset::HashSeed(1));
  if (!contents) return;
  TIDEMARK_CHECK(contents->state.dataset.version().lineage == lineage, "it is of this dataset");
  const base::Bytes again = consumer::serialize(*contents);
  TIDEMARK_CHECK(std::ranges::equal(again, file), "one state has one file");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  const base::ByteView input(octets, size);
  check_file(with_checksums(input));
  check_file(input);
  return 0;
}
