// What must hold of pools, endpoints and overrides, each edit by itself.
#pragma once

#include <optional>

#include "core/dataset/editor.hpp"
#include "core/event/pool.hpp"
#include "core/fold/fold.hpp"

namespace tidemark::fold {

// What is wrong with a pool whatever the state is. No record can carry all that this refuses.
std::optional<Rejected> check_pool(const event::Pool& pool);
// Judges one edit against the Editor's state and applies it if it is sound.
std::optional<Rejected> apply(dataset::Editor& editor, const event::PoolEdit& edit);
bool is_deletion(const event::PoolEdit& edit) noexcept;

}  // namespace tidemark::fold
