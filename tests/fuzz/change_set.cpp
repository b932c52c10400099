// The input is a record that claims to be a ChangeSet; what can be decoded is judged by the fold.
#include "core/fold/fold.hpp"
#include "tests/fuzz/codec_laws.hpp"

using namespace tidemark;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  const auto change = schemas::decode_change_set({octets, size});
  fuzz::check_codec(change, schemas::decode_change_set);
  if (!change) return 0;
  static const auto state =
      fold::State::empty(dataset::Lineage(base::U128{3, 4}), dataset::HashSeed(5));
  const auto judged = fold::preview(state, *change);
  const auto* rejected = std::get_if<fold::Rejected>(&judged);
  TIDEMARK_CHECK(rejected == nullptr || !rejected->detail.empty(), "a rejection says why");
  return 0;
}
