// Generators of RDATA: sound for each type by its rule, and near misses.
#pragma once

#include <gtest/gtest.h>  // before rapidcheck's own header for it
#include <rapidcheck.h>

#include "core/base/bytes.hpp"
#include "core/dns/types.hpp"

namespace tidemark::dns {

rc::Gen<RrType> any_ruled_type();             // one of those with a rule
rc::Gen<base::Bytes> any_rdata(RrType type);  // wire form that its rule accepts, any letter case
rc::Gen<base::Bytes> any_octets(std::size_t octets_max);
// `sound` with octets changed, cut off or added.
rc::Gen<base::Bytes> damaged(base::Bytes sound);

}  // namespace tidemark::dns
