#include <algorithm>

#include "core/dns/canonical_order.hpp"
#include "core/dns/master_file.hpp"
#include "core/dns/rdata.hpp"
#include "core/dns/rdata_rules.hpp"

namespace tidemark::dns {

namespace {

// RDATA kept as octets goes under a number: many a server that reads this knows neither the name
// nor the type (RFC 3597 section 5).
std::string portable_text(RrType type) {
  if (rule_of(type) != nullptr) return to_text(type);
  return "TYPE" + std::to_string(std::to_underlying(type));
}

}  // namespace

std::string write_master_file(NameView origin, const std::vector<Rrset>& rrsets) {
  std::vector<OwnerAndType> keys;
  keys.reserve(rrsets.size());
  for (const Rrset& rrset : rrsets) keys.push_back({rrset.owner, rrset.type});
  std::vector<std::size_t> order = canonical_order(keys);
  const auto soa = std::ranges::find_if(order, [&](std::size_t index) {
    return rrsets[index].type == RrType::Soa && rrsets[index].owner.view() == origin;
  });
  if (soa != order.end()) std::rotate(order.begin(), soa, soa + 1);
  std::string text;
  for (const std::size_t index : order) {
    const Rrset& rrset = rrsets[index];
    const std::string front = rrset.owner.to_text() + " " + std::to_string(rrset.ttl.value()) +
                              " IN " + portable_text(rrset.type);
    for (const base::Bytes& rdata : rrset.rdata) {
      text.append(front).append(" ").append(rdata_to_text(rrset.type, rdata)).append("\n");
    }
  }
  return text;
}

}  // namespace tidemark::dns
