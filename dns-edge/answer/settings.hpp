// What an operator may choose about answers, fixed while the process runs, and what a reply was.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "core/dns/types.hpp"

namespace tidemark::edge {

enum class Transport : std::uint8_t { Udp, Tcp };

struct AnswerSettings {
  std::string nsid{};  // RFC 5001: octets sent to who asks; empty: none
  // Texts of the CHAOS names; empty: REFUSED, as all other names of that class.
  std::string id_server{}, hostname_bind{}, version_server{}, version_bind{};
  std::uint16_t tcp_idle_deciseconds = 100;  // told to clients that ask (RFC 7828)
};

constexpr std::size_t aliases_max = 8;  // CNAMEs and DNAMEs followed in one answer

// What respond() made. `octets` 0: silence.
struct Reply {
  std::size_t octets = 0;
  dns::Rcode rcode = dns::Rcode::NoError;
  bool truncated = false;
};

}  // namespace tidemark::edge
