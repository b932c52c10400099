// The rules of cookie salts: one step of a roll-over at a time, from what is there.
//
// A salt becomes the first one (it signs) only from the second place: nodes that lag behind by one
// change know it already and verify what it signs. The last one is never dropped.
#pragma once

#include <optional>

#include "core/dataset/editor.hpp"
#include "core/event/change_set.hpp"
#include "core/fold/fold.hpp"

namespace tidemark::fold {

std::optional<Rejected> apply(dataset::Editor& editor, const event::PutCookieSalts& put);

}  // namespace tidemark::fold
