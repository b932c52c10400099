// Server cookies: proof that a client has received an answer of ours at the address it asks from.
//
// Stateless and the same at every server with the same secrets, also those of other vendors.
// A cookie (the option's value) is 24 octets: client part 8 | version 1 | reserved 3 | timestamp
// u32 | hash 8, where hash = SipHash-2-4(secret, all before it | client address).
//
// Invariants  Times are compared by serial arithmetic (RFC 1982): 2038 and 2106 are years as any.
// Threads     Any.
// Cost        A hash a secret; no allocation. The compare takes constant time.
// RFC         7873, 9018
#pragma once

#include <array>
#include <cstdint>

#include "core/base/bytes.hpp"
#include "core/base/sip_hash.hpp"

namespace tidemark::dns {

constexpr std::size_t client_cookie_octets = 8;
constexpr std::size_t cookie_octets = 24;
constexpr std::size_t cookie_secrets_max = 3;
constexpr std::uint32_t cookie_seconds_max = 3600;    // older: not valid
constexpr std::uint32_t cookie_seconds_ahead = 300;   // newer than our clock: not valid
constexpr std::uint32_t cookie_seconds_fresh = 1800;  // younger: returned as it is

using CookieSecret = base::SipKey;
using CookieValue = std::array<std::uint8_t, cookie_octets>;

struct CookieSecrets {  // the first signs, all verify; never printed
  std::array<CookieSecret, cookie_secrets_max> secrets{};
  std::uint8_t count = 0;

  bool empty() const noexcept { return count == 0; }
  friend bool operator==(const CookieSecrets&, const CookieSecrets&) = default;
};

// Requires  `client_part` of 8 octets; `address` of 4 or 16.
CookieValue mint_cookie(base::ByteView client_part, base::ByteView address,
                        std::uint32_t unix_seconds, const CookieSecret& secret) noexcept;

struct JudgedCookie {
  bool valid = false;
  CookieValue
      reply{};  // what the client gets: its own if that is valid and young, else a fresh one
};

// Requires  `option` of at least 8 octets; `address` of 4 or 16; a secret.
JudgedCookie judge_cookie(base::ByteView option, base::ByteView address, std::uint32_t unix_seconds,
                          const CookieSecrets& secrets) noexcept;

}  // namespace tidemark::dns
