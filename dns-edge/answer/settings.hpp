// What an operator may choose about answers, fixed while the process runs, and what a reply was.
#pragma once

#include <array>
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
  std::uint32_t stale_answer_seconds = 900;  // from then on answers carry EDE 3; 0: never
  std::uint16_t tcp_idle_deciseconds = 100;  // told to clients that ask (RFC 7828)
};

constexpr std::size_t aliases_max = 8;  // CNAMEs and DNAMEs followed in one answer

// Who asks.
struct Client {
  Transport transport = Transport::Udp;
  std::array<std::uint8_t, 16> address{};
  std::uint8_t address_octets = 0;  // 4 or 16; 0: not known (a question of our own)
};

// When it is, read once a batch: no query looks at a clock.
struct Moment {
  std::uint32_t unix_seconds = 0;   // wraps in 2106: compare by serial arithmetic
  std::uint32_t stale_seconds = 0;  // since this node last heard from the log
};

// What the query's COOKIE option (RFC 7873) proves about its source address.
enum class CookieState : std::uint8_t {
  None,        // no option, or no secret to judge it by
  ClientOnly,  // nothing; an invalid server part is the same
  Valid,       // it has received an answer of ours
};

// What respond() made. `octets` 0: silence.
struct Reply {
  std::size_t octets = 0;
  dns::Rcode rcode = dns::Rcode::NoError;
  bool truncated = false;
  CookieState cookie = CookieState::None;
};

}  // namespace tidemark::edge
