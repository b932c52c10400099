#include "core/base/sip_hash.hpp"

#include <bit>

namespace tidemark::base {

namespace {

// Little-endian, whatever the machine is.
std::uint64_t load_little(const std::uint8_t* at, std::size_t octets) noexcept {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < octets; ++i) value |= std::uint64_t{at[i]} << (8 * i);
  return value;
}

// The names of the paper.
struct SipState {
  std::uint64_t v0, v1, v2, v3;

  void round() noexcept {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  }
  void compress(std::uint64_t word) noexcept {
    v3 ^= word;
    round();
    round();
    v0 ^= word;
  }
};

}  // namespace

std::uint64_t sip_hash_2_4(const SipKey& key, ByteView bytes) noexcept {
  const std::uint64_t k0 = load_little(key.data(), 8);
  const std::uint64_t k1 = load_little(key.data() + 8, 8);
  SipState state{k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d, k0 ^ 0x6c7967656e657261,
                 k1 ^ 0x7465646279746573};
  std::size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) state.compress(load_little(&bytes[at], 8));
  const std::uint64_t rest = at == bytes.size() ? 0 : load_little(&bytes[at], bytes.size() - at);
  state.compress(rest | (std::uint64_t{bytes.size()} << 56));
  state.v2 ^= 0xff;
  for (int i = 0; i < 4; ++i) state.round();
  return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

bool equal_in_constant_time(ByteView a, ByteView b) noexcept {
  if (a.size() != b.size()) return false;
  volatile std::uint8_t difference = 0;  // volatile: no early end by a clever compiler
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference = static_cast<std::uint8_t>(difference | (a[i] ^ b[i]));
  }
  return difference == 0;
}

}  // namespace tidemark::base
