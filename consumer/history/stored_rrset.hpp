// How the index stores the records of an RRset: (length u16, RDATA)*, in canonical order.
#pragma once

#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"

namespace tidemark::consumer {

base::Bytes to_stored(const std::vector<base::Bytes>& rdata);
// Errors  Invalid: the file was changed by somebody else.
[[nodiscard]] base::Result<std::vector<base::Bytes>> from_stored(base::ByteView stored);

}  // namespace tidemark::consumer
