// HeldReview: what a held change would do to the dataset as it is now. Pure.
//
// The ChangeSet of a Proposal is a list of wishes: these RRsets come, those go. It is decided anew
// against the present, so that others may change other names of the zone meanwhile. It is outdated,
// and nobody may approve it, as soon as
//   - an RRset, pool or override that it names is not what it was when its author decided,
//   - the zone to create is there, or the zone to delete is not exactly what it was,
//   - another number of RRsets would go away than its author was told,
//   - a rule of the fold says no, or nothing is left to do,
//   - nobody knows any more what was there then.
#pragma once

#include <cstdint>
#include <expected>
#include <string>

#include "core/event/change_set.hpp"
#include "core/event/control.hpp"
#include "core/fold/fold.hpp"
#include "producer/api/api_error.hpp"
#include "producer/api/rollback.hpp"
#include "producer/decide/decide.hpp"

namespace tidemark::producer {

// The ChangeSet of a Proposal. Errors: it cannot be read, or is not its author's.
std::expected<event::ChangeSet, ApiError> held_change(const event::Proposal& proposal);

// The one wish that a ChangeSet of decide() grants. Requires one zone, one pool edit or salts.
Wish wish_of(const event::ChangeSet& change);

struct Review {
  std::string outdated{};  // why nobody may approve it any more; empty: it can be approved
  Plan plan{};             // what it would change now; also of an outdated one, where that is known
};
Review review(const event::Proposal& proposal, const event::ChangeSet& held,
              const RollbackPorts& past, const Base& base);

// The Signature under which a held change is decided anew; `change_id` is the caller's.
Signature signature_of(const event::ChangeSet& held);

}  // namespace tidemark::producer
