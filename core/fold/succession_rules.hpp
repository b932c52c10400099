// What the fold asks of a Succession (core/event/change_set.hpp): that the state is the one that it
// names, and that versions do not fall.
#pragma once

#include <optional>

#include "core/dataset/editor.hpp"
#include "core/event/change_set.hpp"
#include "core/fold/fold.hpp"

namespace tidemark::fold {

// Requires  change.succession. No answer changes, and no serial.
// Cost      Every zone's block once.
std::optional<Rejected> apply_succession(dataset::Editor& editor, const event::ChangeSet& change);

}  // namespace tidemark::fold
