// Rrset: all records of one owner and type, in the one form that travels, is hashed and is stored.
//
// Canonical form: owner lower-case and uncompressed; RDATA uncompressed, names in it lower-cased
// where RFC 4034 section 6.2 says so; records sorted by RDATA octets (RFC 4034 section 6.3) and
// unique; one TTL; class IN. Whoever makes an Rrset brings it into this form (canonicalize); the
// fold only checks it (check_canonical), so that all builds agree.
#pragma once

#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"
#include "core/dns/name.hpp"
#include "core/dns/types.hpp"

namespace tidemark::dns {

constexpr std::size_t rrset_records_max = 100;
constexpr std::size_t rrset_octets_max = 65535 - 512;  // rendered: one answer holds any RRset
constexpr std::size_t types_per_name_max = 100;

struct Rrset {
  Name owner;
  RrType type;
  Ttl ttl;
  std::vector<base::Bytes> rdata;

  friend bool operator==(const Rrset&, const Rrset&) = default;
};

// Sorts, drops duplicates, brings each RDATA into canonical form. Errors name the record and the
// rule; a malformed RDATA of a known type is Invalid.
base::Result<Rrset> canonicalize(Rrset rrset);
// Every rule above and every admission rule that needs this RRset alone (dns-answers.md section 9:
// type codes, TTL, RDATA form, record and octet limits, one SOA/CNAME/DNAME, wildcard owners).
base::Result<void> check_canonical(const Rrset& rrset);

// owner | type u16 | class u16 | ttl u32 | count u16 | (length u16, RDATA)*: the octets whose
// XXH3-128 is the leaf of a state hash.
base::Bytes canonical_octets(const Rrset& rrset);

}  // namespace tidemark::dns
