// The words and small notations that the lines and the JSON of text.hpp share.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/bytes.hpp"
#include "core/dns/types.hpp"
#include "core/event/change_set.hpp"
#include "core/event/control.hpp"
#include "core/event/health_frame.hpp"

namespace tidemark::schemas {

std::string rdata_text(dns::RrType type, base::ByteView rdata);
std::string address_text(const event::Address& address);
std::string time_text(std::uint64_t unix_ms);  // "2026-11-21T13:40:00.123Z"

std::string_view word(event::RolloutClass rollout);
std::string_view word(event::EndpointStatus status);
std::string_view word(event::CheckKind kind);
std::string_view word(event::AllDown policy);
std::string_view word(event::OverrideState state);
std::string_view word(event::Observed observed);
std::string_view word(event::ProposalState state);

}  // namespace tidemark::schemas
