// ZoneDifference: what must be removed from a zone and what put, so that a wish holds.
#pragma once

#include <cstdint>
#include <vector>

#include "core/dns/rrset.hpp"
#include "core/event/change_set.hpp"
#include "producer/decide/diff.hpp"
#include "producer/decide/problem.hpp"
#include "producer/decide/wish.hpp"
#include "producer/decide/zone_view.hpp"

namespace tidemark::producer {

class ZoneDifference {
 public:
  // The zone comes to hold exactly `wanted`.
  static ZoneDifference to_whole(const ZoneView& zone, const std::vector<dns::Rrset>& wanted);
  // The zone comes to hold what the edits say. Breaches of rules go to `problems`.
  static ZoneDifference to_edited(const ZoneView& zone, const EditZone& wish, Problems& problems);

  const Diff& diff() const noexcept { return diff_; }
  bool empty() const noexcept { return diff_.rrsets.empty() && !other_settings(); }
  bool other_settings() const noexcept { return diff_.settings != event::PutZoneSettings{}; }
  // Settings, then removals, then puts: a CNAME makes room before an A comes.
  std::vector<event::ZoneEdit> edits() const;

 private:
  void put(const ZoneView& zone, const dns::Rrset& rrset);
  void remove(dns::Rrset before);
  void finish(const ZoneView& zone);

  Diff diff_;
  std::optional<dns::Rrset> unmoved_soa_;  // wished, but granted by the SOA that is there
};

}  // namespace tidemark::producer
