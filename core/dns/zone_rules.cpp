#include "core/dns/zone_rules.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/dns/master_file.hpp"
#include "core/dns/zone_remarks.hpp"

namespace tidemark::dns {

namespace {

// Signed zones come later; until then these could only go stale.
bool needs_signed_zone(RrType type) noexcept {
  return type == RrType::Rrsig || type == RrType::Nsec || type == RrType::Nsec3 ||
         type == RrType::Nsec3param;
}

bool stands_beside_cname(RrType type) noexcept {
  return type == RrType::Rrsig || type == RrType::Nsec;
}

// RFC 1034 section 3.6.2, 2181 section 10.1.
bool breaks_cname_rule(const ZoneName& name) noexcept {
  const Rrset* cname = name.find(RrType::Cname);
  if (cname == nullptr) return false;
  return cname->rdata.size() > 1 || std::ranges::any_of(name.rrsets, [](const Rrset* rrset) {
           return rrset->type != RrType::Cname && !stands_beside_cname(rrset->type);
         });
}

void check_alone(const ZoneName& name, ZoneRemarks& remarks) {
  const auto owner = [&] { return name.owner.to_text(); };  // only where something is wrong
  if (breaks_cname_rule(name)) {
    remarks.error(name.owner, "CNAME and other data at " + owner() + types_of(name));
  }
  if (name.has(RrType::Pool) && (name.has(RrType::A) || name.has(RrType::Aaaa))) {
    remarks.error(name.owner, "POOL and addresses at " + owner());
  }
  if (name.rrsets.size() > types_per_name_max) {
    remarks.error(name.owner, "more than 100 types at " + owner());
  }
  for (std::size_t i = 1; i < name.rrsets.size(); ++i) {
    if (name.rrsets[i - 1]->type == name.rrsets[i]->type) {
      remarks.error(name.owner, owner() + " " + to_text(name.rrsets[i]->type) + " is there twice");
    }
  }
}

// RFC 1035 section 5.2 (SOA), 6672 section 2.3 (DNAME beside NS), 4035 section 2.4 (DS).
void check_place(const ZoneNames& zone, const ZoneName& name, ZoneRemarks& remarks) {
  const auto owner = [&] { return name.owner.to_text(); };  // only where something is wrong
  const bool apex = name.owner == zone.origin();
  if (!apex && name.has(RrType::Soa)) {
    remarks.error(name.owner, "SOA at " + owner() + ", below the apex " + zone.origin().to_text());
  }
  if (zone.is_cut(name) && name.has(RrType::Dname)) {
    remarks.error(name.owner, "DNAME at delegation " + owner());
  }
  if (name.has(RrType::Ds) && !zone.is_cut(name)) {
    remarks.error(name.owner, "DS at " + owner() + (apex ? ", the apex" : ", without NS"));
  }
  if (apex && name.has(RrType::Cname) && name.rrsets.size() == 1) {
    remarks.error(name.owner, "CNAME at " + owner() + ", the apex");
  }
}

// Two of these at one name have a sentence of their own.
bool check_one(const Rrset& rrset, ZoneRemarks& remarks) {
  if (rrset.rdata.size() < 2) return true;
  if (rrset.type == RrType::Cname) return false;  // said by check_alone
  if (rrset.type != RrType::Soa && rrset.type != RrType::Dname) return true;
  remarks.error(rrset.owner,
                "more than one " + to_text(rrset.type) + " at " + rrset.owner.to_text());
  return false;
}

void check_rrset(const Rrset& rrset, ZoneRemarks& remarks) {
  if (!check_one(rrset, remarks)) return;
  const auto what = [&] { return rrset.owner.to_text() + " " + to_text(rrset.type) + ": "; };
  if (const auto sound = check_canonical(rrset); !sound) {
    remarks.error(rrset.owner, what() + sound.error().trail);
  }
  if (needs_signed_zone(rrset.type)) {
    remarks.error(rrset.owner, what() + "signed zones are not supported yet");
  }
}

void check_apex(const ZoneNames& zone, ZoneRemarks& remarks) {
  const ZoneName* apex = zone.find(zone.origin());
  if (apex == nullptr || !apex->has(RrType::Soa))
    remarks.error(zone.origin(), "no SOA record at " + zone.origin().to_text());
  if (apex == nullptr || !apex->has(RrType::Ns)) {
    remarks.error(zone.origin(), "no NS record at " + zone.origin().to_text());
  }
}

// Walks the zone in canonical order, where what lies below a name follows it at once.
class ZoneWalk {
 public:
  explicit ZoneWalk(const ZoneNames& zone) : zone_(zone) {}

  std::vector<ZoneRemark> check() && {
    check_apex(zone_, remarks_);
    for (const ZoneName& name : zone_.all()) visit(name);
    return std::move(remarks_).take();
  }

 private:
  void visit(const ZoneName& name) {
    if (!zone_.contains(name.owner)) {
      remarks_.error(name.owner, name.owner.to_text() + " is outside zone " +
                                     zone_.origin().to_text() + types_of(name));
      return;
    }
    leave(name.owner);
    if (hiding_.dname != nullptr) {
      remarks_.error(name.owner, name.owner.to_text() + " is hidden by the DNAME at " +
                                     hiding_.dname->owner.to_text() + types_of(name));
    }
    check_alone(name, remarks_);
    check_place(zone_, name, remarks_);
    for (const Rrset* rrset : name.rrsets) check_rrset(*rrset, remarks_);
    warn_of_name(zone_, name, hiding_, remarks_);
    enter(name);
  }

  // Forgets what hides names above the one that comes now.
  void leave(NameView owner) {
    if (hiding_.cut != nullptr && !owner.is_below(hiding_.cut->owner)) hiding_.cut = nullptr;
    if (hiding_.dname != nullptr && !owner.is_below(hiding_.dname->owner)) hiding_.dname = nullptr;
  }

  void enter(const ZoneName& name) {
    if (hiding_.cut != nullptr || hiding_.dname != nullptr) return;
    if (zone_.is_cut(name)) {
      hiding_.cut = &name;
    } else if (name.has(RrType::Dname)) {
      hiding_.dname = &name;
    }
  }

  const ZoneNames& zone_;
  Hiding hiding_;
  ZoneRemarks remarks_;
};

}  // namespace

std::string types_of(const ZoneName& name) {
  std::string text;
  for (const Rrset* rrset : name.rrsets) {
    text += (text.empty() ? " (" : ", ") + to_text(rrset->type);
    if (rrset->type == RrType::Cname && rrset->rdata.size() > 1) {
      text += " " + std::to_string(rrset->rdata.size()) + " times";
    }
  }
  return text + ")";
}

void ZoneRemarks::Kind::add(Severity severity, NameView owner, const std::string& what) {
  ++total;
  if (kept.size() < remarks_max) kept.push_back({severity, Name(owner), what});
}

void ZoneRemarks::Kind::move_to(std::vector<ZoneRemark>& all) {
  if (total > kept.size()) kept.back().what = std::to_string(total - kept.size() + 1) + " more";
  std::ranges::move(kept, std::back_inserter(all));
}

std::vector<ZoneRemark> ZoneRemarks::take() && {
  std::vector<ZoneRemark> all;
  errors_.move_to(all);
  warnings_.move_to(all);
  return all;
}

std::vector<ZoneRemark> check_zone(NameView origin, const std::vector<Rrset>& rrsets) {
  const ZoneNames zone(origin, rrsets);
  return ZoneWalk(zone).check();
}

}  // namespace tidemark::dns
