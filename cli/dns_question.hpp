// One question over UDP to a server on this machine: is it there, and how much does it answer?
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "core/dns/name.hpp"
#include "core/dns/types.hpp"

namespace tidemark::cli {

struct DnsReply {
  std::uint8_t rcode;
  std::uint16_t answers;
};
// Nothing if no reply to this question comes in time.
std::optional<DnsReply> ask_dns(std::uint16_t port, const dns::Name& name, dns::RrType type,
                                std::chrono::milliseconds patience);

}  // namespace tidemark::cli
