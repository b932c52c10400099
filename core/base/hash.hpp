// Hashes: XXH3 against bugs, SHA-256 against people.
//
// XXH3-128 (unseeded) is the leaf of state hashes and the checksum of file sections: the same on
// every machine for ever. Seeded XXH3-64 places entries in tables and is never stored or sent.
// SHA-256 is the chain and the name of a content-addressed file.
//
// Cost  XXH3 3 ns for 22 octets; SHA-256 about 0.7 us for 1 KiB.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "core/base/bytes.hpp"
#include "core/base/u128.hpp"

namespace tidemark::base {

U128 xxh3_128(ByteView bytes) noexcept;
std::uint64_t xxh3_64(ByteView bytes, std::uint64_t seed) noexcept;

using Sha256 = std::array<std::uint8_t, 32>;
Sha256 sha256(ByteView bytes);

// SHA-256 over pieces. finish() may be called once.
class Sha256Stream {
 public:
  Sha256Stream();
  ~Sha256Stream();
  Sha256Stream(Sha256Stream&&) noexcept;
  Sha256Stream& operator=(Sha256Stream&&) noexcept;
  void update(ByteView bytes);
  Sha256 finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// RFC 2104.
Sha256 hmac_sha256(ByteView key, ByteView message);

std::string to_hex(ByteView bytes);

}  // namespace tidemark::base
