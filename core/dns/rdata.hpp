// RDATA of every known type: wire and presentation, both ways, canonical and checked.
//
// One rule a type says which fields it has; the rest follows from the rule. Unknown types are
// opaque (RFC 3597). Text forms follow the type's RFC; "\# len hex" works for every type and is
// then checked as the known type.
//
// HIP, IPSECKEY and AMTRELAY are opaque too: stored and answered, but written only as "\# len hex".
//
// RFC  see docs of each rule in rdata_rules.cpp
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"
#include "core/dns/name.hpp"
#include "core/dns/types.hpp"

namespace tidemark::dns {

// One token of presentation form. quoted: it stood in double quotes. Escapes are still in `text`.
struct Token {
  std::string_view text;
  bool quoted;
};

// The fields of one record after its type. Relative names are completed with `origin`.
base::Result<base::Bytes> rdata_from_text(RrType type, const std::vector<Token>& fields,
                                          NameView origin);
// The same from one string such as "10 mail.example." (splits it first). One line, no comment.
base::Result<base::Bytes> rdata_from_text(RrType type, std::string_view text, NameView origin);
// Uncompressed wire form: validated and brought into canonical form.
base::Result<base::Bytes> canonical_rdata(RrType type, base::ByteView wire);
// Requires canonical RDATA.
std::string rdata_to_text(RrType type, base::ByteView rdata);

// The domain name that starts at `offset` of canonical RDATA of NS, CNAME, PTR, DNAME, MX, SRV, ...
// Types without names give none; nor do SVCB, HTTPS and NSEC, whose names keep their letter case.
std::vector<NameView> names_in_rdata(RrType type, base::ByteView rdata);

}  // namespace tidemark::dns
