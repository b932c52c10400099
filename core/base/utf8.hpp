// UTF-8 (RFC 3629): what text that people and programs read must be. Names of nodes, authors and
// reasons come from strangers and stay in the log for ever.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tidemark::base {

// Octets of the sequence at the front of `text`; 0 if there is none. Requires !text.empty().
std::size_t utf8_length(std::string_view text) noexcept;
bool is_utf8(std::string_view text) noexcept;
// Each octet that belongs to no sequence becomes U+FFFD.
std::string with_utf8_only(std::string_view text);

}  // namespace tidemark::base
