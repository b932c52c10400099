// Collects the remarks of check_zone, bounded. Its halves: zone_rules.cpp refuses,
// zone_warnings.cpp warns.
#pragma once

#include <string>
#include <vector>

#include "core/dns/zone_names.hpp"
#include "core/dns/zone_rules.hpp"

namespace tidemark::dns {

class ZoneRemarks {
 public:
  void error(NameView owner, const std::string& what) { errors_.add(Severity::Error, owner, what); }
  void warn(NameView owner, const std::string& what) {
    warnings_.add(Severity::Warning, owner, what);
  }
  std::vector<ZoneRemark> take() &&;

 private:
  struct Kind {
    void add(Severity severity, NameView owner, const std::string& what);
    void move_to(std::vector<ZoneRemark>& all);

    std::vector<ZoneRemark> kept;
    std::size_t total = 0;
  };
  Kind errors_, warnings_;
};

// " (A, TXT)": for sentences that are about a whole name.
std::string types_of(const ZoneName& name);

// What hides a name of a zone, from the names above it.
struct Hiding {
  const ZoneName* cut = nullptr;    // the uppermost delegation above it
  const ZoneName* dname = nullptr;  // the uppermost DNAME above it, unless a delegation hides that
};

void warn_of_name(const ZoneNames& zone, const ZoneName& name, const Hiding& hiding,
                  ZoneRemarks& remarks);

}  // namespace tidemark::dns
