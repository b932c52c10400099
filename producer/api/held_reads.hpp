// HeldReads: what is held, and what became of it. Pure functions over what the controller knows.
//
// A decision stands in `control`, the change that it lets through in `changes`: what the fold has
// accepted is made, whatever `control` says.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "consumer/feeder/control_view.hpp"
#include "core/event/control.hpp"
#include "core/fold/ledger.hpp"
#include "producer/api/reads.hpp"
#include "producer/api/rollback.hpp"

namespace tidemark::producer {

constexpr std::chrono::hours proposal_stale_after{7 * 24}, proposal_kept{7 * 24};

// The id under which a Proposal's change is published: its own, and another one after each that
// the fold has rejected, since a change_id is judged once and for ever.
struct Attempt {
  event::ChangeId change_id;
  std::optional<fold::Remembered> made{};  // accepted
};
Attempt attempt_of(const fold::Ledger& ledger, const base::U128& proposal);

// The change of an approved Proposal, if it was made; looks into the history where the ledger has
// forgotten. Error: neither knows.
std::expected<std::optional<std::uint64_t>, ApiError> made_seq(const RollbackPorts& past,
                                                               const event::Proposal& proposal);

std::expected<base::U128, ApiError> proposal_id_from(const std::string& text);

// GET /v1/held, GET /v1/held/{id}
net::HttpResponse read_held(const RollbackPorts& past);
Answered read_one_held(const RollbackPorts& past, const std::string& id);

}  // namespace tidemark::producer
