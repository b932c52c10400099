// The input is a history of ChangeSets, as Choices. Each goes through its codec, then into the
// fold, by whose laws it is judged; what comes out must survive the snapshot file.
#include "consumer/snapshot_file/snapshot_file.hpp"
#include "core/base/check.hpp"
#include "schemas/codec.hpp"
#include "tests/fuzz/world.hpp"

using namespace tidemark;

namespace {

constexpr std::size_t changes_max = 12;

void check_codec(const event::ChangeSet& change) {
  const auto decoded = schemas::decode_change_set(schemas::encode(change));
  TIDEMARK_CHECK(!decoded || *decoded == change, "a ChangeSet survives its record");
}

void check_snapshot_file(fold::State state) {
  const auto lineage = state.dataset.version().lineage;
  const base::Bytes file =
      consumer::serialize({.state = std::move(state), .log_identity = "fuzz", .observations = {}});
  const auto restored = consumer::parse(file, lineage, dataset::HashSeed(9));
  TIDEMARK_CHECK(restored.has_value(), "what the fold admits, a snapshot file gives back");
  TIDEMARK_CHECK(consumer::serialize(*restored) == file, "equal states give equal octets");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  fuzz::Choices choices(base::ByteView(octets, size));
  fold::State state = fuzz::empty_state();
  for (std::size_t i = 0; i < changes_max && !choices.at_end(); ++i) {
    const event::ChangeSet change = fuzz::change_of(choices, 100 + i);
    check_codec(change);
    fuzz::step_lawfully(state, change, static_cast<std::int64_t>(i));
  }
  if (size % 16 == 0) check_snapshot_file(std::move(state));  // it costs ten times the rest
  return 0;
}
