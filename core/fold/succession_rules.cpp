#include "core/fold/succession_rules.hpp"

#include <vector>

namespace tidemark::fold {

namespace {

using dataset::Editor;

// Their old seqs are those of another log: who read one there must not meet it here by chance.
void touch_all(Editor& editor, const std::vector<dataset::Zone>& zones, Editor::Place place) {
  const event::ZoneSeq seq(editor.next_seq().value());
  for (const dataset::Zone& zone : zones) {
    editor.touch_zone(zone.name(), zone.serial(), seq, place);
  }
}

}  // namespace

std::optional<Rejected> apply_succession(Editor& editor, const event::ChangeSet& change) {
  const event::Succession& from = *change.succession;
  if (!change.zones.empty() || !change.pools.empty() || change.cookie_salts) {
    return Rejected{Reason::Malformed, "a succession stands alone in its ChangeSet"};
  }
  const std::uint64_t seq = editor.base().version().seq.value();
  if (from.seq < seq || from.seq > event::succession_seq_max) {
    return Rejected{Reason::Malformed, "succession to version " + std::to_string(from.seq) +
                                           ": this log is at version " + std::to_string(seq)};
  }
  if (editor.state_hash().value() != from.state_hash) {
    return Rejected{Reason::HashMismatch,
                    "succession to version " + std::to_string(from.seq) +
                        ": what this log built has another state hash than that version"};
  }
  editor.set_seq(dataset::Seq(from.seq + 1));
  touch_all(editor, editor.base().zones(), Editor::Place::Live);
  touch_all(editor, editor.base().constructions(), Editor::Place::Construction);
  return std::nullopt;
}

}  // namespace tidemark::fold
