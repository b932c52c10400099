#include "core/dns/cookie.hpp"

#include <algorithm>

namespace tidemark::dns {

namespace {

using base::ByteView;

constexpr std::size_t version_at = 8, timestamp_at = 12, hash_at = 16, hash_octets = 8;
constexpr std::uint8_t version_1 = 1;
constexpr std::size_t address_octets_max = 16;

std::array<std::uint8_t, hash_octets> hash_of(ByteView signed_part, ByteView address,
                                              const CookieSecret& secret) noexcept {
  std::array<std::uint8_t, hash_at + address_octets_max> input;
  std::ranges::copy(signed_part.first(hash_at), input.begin());
  std::ranges::copy(address, input.begin() + hash_at);
  std::uint64_t hash = base::sip_hash_2_4(secret, ByteView(input).first(hash_at + address.size()));
  std::array<std::uint8_t, hash_octets> octets;
  for (auto& octet : octets) {
    octet = static_cast<std::uint8_t>(hash);
    hash >>= 8;
  }
  return octets;
}

// RFC 9018 section 4.3. The difference of two u32 is their distance in serial arithmetic.
bool is_timely(std::uint32_t timestamp, std::uint32_t now) noexcept {
  return now - timestamp <= cookie_seconds_max || timestamp - now <= cookie_seconds_ahead;
}

}  // namespace

CookieValue mint_cookie(ByteView client_part, ByteView address, std::uint32_t unix_seconds,
                        const CookieSecret& secret) noexcept {
  CookieValue cookie{};
  std::ranges::copy(client_part.first(client_cookie_octets), cookie.begin());
  cookie[version_at] = version_1;
  base::store_u32(&cookie[timestamp_at], unix_seconds);
  std::ranges::copy(hash_of(cookie, address, secret), cookie.begin() + hash_at);
  return cookie;
}

JudgedCookie judge_cookie(ByteView option, ByteView address, std::uint32_t unix_seconds,
                          const CookieSecrets& secrets) noexcept {
  JudgedCookie judged;
  bool by_signer = false;
  // The reserved octets count as received: who else mints by these secrets may use them.
  const bool whole = option.size() == cookie_octets && option[version_at] == version_1;
  const std::uint32_t timestamp = whole ? base::load_u32(&option[timestamp_at]) : 0;
  if (whole && is_timely(timestamp, unix_seconds)) {
    for (std::size_t i = 0; i < secrets.count; ++i) {
      const auto hash = hash_of(option, address, secrets.secrets[i]);
      if (!base::equal_in_constant_time(hash, option.subspan(hash_at, hash_octets))) continue;
      judged.valid = true;
      by_signer = i == 0;
      break;
    }
  }
  const bool young = unix_seconds - timestamp < cookie_seconds_fresh ||
                     timestamp - unix_seconds <= cookie_seconds_ahead;
  if (judged.valid && by_signer && young) {
    std::ranges::copy(option, judged.reply.begin());
  } else {
    judged.reply = mint_cookie(option, address, unix_seconds, secrets.secrets[0]);
  }
  return judged;
}

}  // namespace tidemark::dns
