// chaos: the texts that operators may give to the well-known names of class CHAOS.
#pragma once

#include <string_view>

#include "core/dns/message.hpp"
#include "dns-edge/answer/settings.hpp"

namespace tidemark::edge {

// Empty: nothing is configured for this question; refuse it.
std::string_view chaos_text(const dns::Query& query, const AnswerSettings& settings) noexcept;

}  // namespace tidemark::edge
