#include "core/dns/rrset.hpp"

#include <algorithm>
#include <utility>

#include "core/dns/rdata.hpp"

namespace tidemark::dns {

namespace {

using base::Bytes;
using base::Errc;
using base::Result;

std::string record_number(std::size_t index) { return "record " + std::to_string(index + 1); }

// Types of which RFC 1035, 1034, 6672 and 7477 allow one record at a name; POOL is ours.
bool is_singleton(RrType type) noexcept {
  return type == RrType::Soa || type == RrType::Cname || type == RrType::Dname ||
         type == RrType::Csync || type == RrType::Pool;
}

// What a wildcard may not own: RFC 4592 sections 4.2 to 4.6 leave their meaning open.
bool is_barred_from_wildcards(RrType type) noexcept {
  return type == RrType::Ns || type == RrType::Dname || type == RrType::Soa || type == RrType::Ds;
}

// Octets that the RRset takes in an answer: the owner is a pointer to the question there.
std::size_t rendered_octets(const Rrset& rrset) noexcept {
  constexpr std::size_t pointer_and_fixed_fields = 12;
  std::size_t octets = 0;
  for (const Bytes& rdata : rrset.rdata) octets += pointer_and_fixed_fields + rdata.size();
  return octets;
}

Result<void> check_limits(const Rrset& rrset) {
  if (rrset.rdata.empty()) return base::fail(Errc::Invalid, "no records");
  if (rrset.rdata.size() > rrset_records_max) {
    return base::fail(Errc::TooLarge,
                      "more than " + std::to_string(rrset_records_max) + " records");
  }
  if (rendered_octets(rrset) > rrset_octets_max) {
    return base::fail(Errc::TooLarge, "more than " + std::to_string(rrset_octets_max) + " octets");
  }
  if (rrset.ttl.value() > ttl_seconds_max) {
    return base::fail(Errc::Invalid, "TTL above " + std::to_string(ttl_seconds_max));
  }
  return {};
}

Result<void> check_type(const Rrset& rrset) {
  if (!is_storable(rrset.type)) {
    return base::fail(Errc::Invalid, "a zone cannot hold type " + to_text(rrset.type));
  }
  if (is_singleton(rrset.type) && rrset.rdata.size() > 1) {
    return base::fail(Errc::Invalid, "more than one " + to_text(rrset.type));
  }
  if (rrset.owner.view().is_wildcard() && is_barred_from_wildcards(rrset.type)) {
    return base::fail(Errc::Invalid, to_text(rrset.type) + " at a wildcard");
  }
  return {};
}

}  // namespace

Result<Rrset> canonicalize(Rrset rrset) {
  if (!is_storable(rrset.type)) {
    return base::fail(Errc::Invalid, "a zone cannot hold type " + to_text(rrset.type));
  }
  for (std::size_t i = 0; i < rrset.rdata.size(); ++i) {
    auto canonical = canonical_rdata(rrset.type, rrset.rdata[i]);
    if (!canonical) return std::unexpected(std::move(canonical).error().at(record_number(i)));
    rrset.rdata[i] = *std::move(canonical);
  }
  std::ranges::sort(rrset.rdata);
  const auto repeated = std::ranges::unique(rrset.rdata);
  rrset.rdata.erase(repeated.begin(), repeated.end());
  return rrset;
}

Result<void> check_canonical(const Rrset& rrset) {
  TIDEMARK_TRY_VOID(check_type(rrset));
  TIDEMARK_TRY_VOID(check_limits(rrset));
  for (std::size_t i = 0; i < rrset.rdata.size(); ++i) {
    auto canonical = canonical_rdata(rrset.type, rrset.rdata[i]);
    if (!canonical) return std::unexpected(std::move(canonical).error().at(record_number(i)));
    if (*canonical != rrset.rdata[i]) {
      return base::fail(Errc::Invalid, record_number(i) + ": not in canonical form");
    }
    if (i > 0 && !(rrset.rdata[i - 1] < rrset.rdata[i])) {
      return base::fail(Errc::Invalid, record_number(i) + ": not in canonical order, or twice");
    }
  }
  return {};
}

Bytes canonical_octets(const Rrset& rrset) {
  base::Writer out;
  out.put(rrset.owner.wire());
  out.put_u16(std::to_underlying(rrset.type));
  out.put_u16(std::to_underlying(RrClass::In));
  out.put_u32(rrset.ttl.value());
  out.put_u16(static_cast<std::uint16_t>(rrset.rdata.size()));
  for (const Bytes& rdata : rrset.rdata) {
    out.put_u16(static_cast<std::uint16_t>(rdata.size()));
    out.put(rdata);
  }
  return std::move(out).take();
}

}  // namespace tidemark::dns
