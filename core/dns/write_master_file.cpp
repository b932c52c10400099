#include <algorithm>
#include <tuple>

#include "core/dns/master_file.hpp"
#include "core/dns/rdata.hpp"

namespace tidemark::dns {

std::string write_master_file(NameView origin, const std::vector<Rrset>& rrsets) {
  std::vector<const Rrset*> order;
  order.reserve(rrsets.size());
  for (const Rrset& rrset : rrsets) order.push_back(&rrset);
  const auto is_soa = [&](const Rrset& rrset) {
    return rrset.type == RrType::Soa && rrset.owner.view() == origin;
  };
  std::ranges::sort(order, [&](const Rrset* a, const Rrset* b) {
    if (is_soa(*a) != is_soa(*b)) return is_soa(*a);
    return std::tie(a->owner, a->type) < std::tie(b->owner, b->type);
  });
  std::string text;
  for (const Rrset* rrset : order) {
    const std::string front = rrset->owner.to_text() + " " + std::to_string(rrset->ttl.value()) +
                              " IN " + to_text(rrset->type);
    for (const base::Bytes& rdata : rrset->rdata) {
      text.append(front).append(" ").append(rdata_to_text(rrset->type, rdata)).append("\n");
    }
  }
  return text;
}

}  // namespace tidemark::dns
