// lock_down(): the sandbox of an edge, from its settings: which files, ports and calls it needs.
//
// Threads   By main, before EdgeNode::start() and before any other thread exists.
// Errors    Of confine(); a folder that cannot be made.
#pragma once

#include "core/base/result.hpp"
#include "dns-edge/app/settings.hpp"
#include "dns-edge/sandbox/sandbox.hpp"

namespace tidemark::edge {

[[nodiscard]] base::Result<Confined> lock_down(const EdgeSettings& settings);

// What lock_down() asks for; the folders are made (for `user`) if they are not there.
Confinement confinement_of(const EdgeSettings& settings);

}  // namespace tidemark::edge
