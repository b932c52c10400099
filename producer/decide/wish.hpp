// Wish: what somebody wants to be true, and in whose name. Plain values; decide.hpp turns them into
// ChangeSets.
//
// A Wish names its objects one by one: nothing here selects by pattern, so nothing can match all.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/dns/name.hpp"
#include "core/dns/rrset.hpp"
#include "core/event/change_set.hpp"
#include "core/event/pool.hpp"

namespace tidemark::producer {

// The zone holds exactly these RRsets (canonical). It is created if it is not there.
struct ReplaceZone {
  dns::Name zone;
  std::vector<dns::Rrset> rrsets;
};
// These RRsets are as said; everything else stays. An owner and type occur at most once.
struct EditZone {
  using Edit = std::variant<event::PutRrset, event::DeleteRrset>;
  dns::Name zone;
  std::vector<Edit> edits;
  event::PutZoneSettings settings{};  // an absent field keeps its value
};
struct RemoveZone {
  dns::Name zone;
};
using Wish = std::variant<ReplaceZone, EditZone, RemoveZone, event::PutPool, event::DeletePool,
                          event::PutOverride, event::DeleteOverride, event::PutCookieSalts>;

// Who wishes, why, and on what condition.
struct Signature {
  event::ChangeId change_id;
  std::string author;
  event::AuthorEpoch author_epoch{0};
  std::string reason{};
  std::uint64_t created_ms = 0;
  event::RolloutClass rollout = event::RolloutClass::Standard;
  std::optional<std::uint64_t> acknowledged_removals{};
  // The client's own condition on the zone. Absent: exactly the state that was decided on, so that
  // a plan that came to be stale loses.
  std::optional<event::Expect> expect{};
  std::optional<event::Origin> origin{};  // of a change that was made elsewhere
};

// The zone that a Wish is about; nothing for pools, overrides and cookie salts.
const dns::Name* zone_of(const Wish& wish);

}  // namespace tidemark::producer
