// What the RRsets of one zone together may not be, and what is allowed but likely a mistake.
//
// For whole zones: files and full replacements. The fold judges the same rules one change at a time
// and is the judge that counts; this says everything that is wrong at once, in the words for
// people.
//
// RFC  1034, 2181, 4592, 6672, 7505; dns-answers section 9
#pragma once

#include <string>
#include <vector>

#include "core/dns/name.hpp"
#include "core/dns/rrset.hpp"

namespace tidemark::dns {

enum class Severity : std::uint8_t {
  Error,    // the fold will reject the zone
  Warning,  // accepted, but never shown, or not what was meant
};

struct ZoneRemark {
  Severity severity;
  Name owner;
  std::string what;  // complete in itself: "CNAME and other data at www.example.org."

  friend bool operator==(const ZoneRemark&, const ZoneRemark&) = default;
};

// Errors first, each kind in canonical order of owner; at most remarks_max of each kind, the last
// says how many more.
std::vector<ZoneRemark> check_zone(NameView origin, const std::vector<Rrset>& rrsets);

}  // namespace tidemark::dns
