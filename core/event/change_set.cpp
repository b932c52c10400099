#include "core/event/change_set.hpp"

#include <algorithm>

namespace tidemark::event {

std::uint16_t min_reader_of(const ChangeSet& change) noexcept {
  if (change.succession) return 3;
  if (change.cookie_salts) return 2;
  for (const ZoneEdits& zone : change.zones) {
    const bool expires = std::ranges::any_of(zone.edits, [](const ZoneEdit& edit) {
      const auto* settings = std::get_if<PutZoneSettings>(&edit);
      return settings != nullptr && settings->expire_seconds.has_value();
    });
    if (expires) return 2;
  }
  return 1;
}

}  // namespace tidemark::event
