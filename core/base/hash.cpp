#include "core/base/hash.hpp"

#include <algorithm>

#include <openssl/evp.h>
#include <xxhash.h>

#include "core/base/check.hpp"

namespace tidemark::base {

U128 xxh3_128(ByteView bytes) noexcept {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return {hash.high64, hash.low64};
}

std::uint64_t xxh3_64(ByteView bytes, std::uint64_t seed) noexcept {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

struct Sha256Stream::State {
  EVP_MD_CTX* digest = EVP_MD_CTX_new();
  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { EVP_MD_CTX_free(digest); }
};

Sha256Stream::Sha256Stream() : state_(std::make_unique<State>()) {
  // Fetched once: a lookup by name in OpenSSL 3 costs more than hashing a record.
  static const EVP_MD* const algorithm = EVP_sha256();
  TIDEMARK_CHECK(EVP_DigestInit_ex(state_->digest, algorithm, nullptr) == 1,
                 "SHA-256 is available");
}
Sha256Stream::~Sha256Stream() = default;
Sha256Stream::Sha256Stream(Sha256Stream&&) noexcept = default;
Sha256Stream& Sha256Stream::operator=(Sha256Stream&&) noexcept = default;

void Sha256Stream::update(ByteView bytes) {
  TIDEMARK_CHECK(EVP_DigestUpdate(state_->digest, bytes.data(), bytes.size()) == 1,
                 "SHA-256 takes any octets");
}

Sha256 Sha256Stream::finish() {
  Sha256 out{};
  TIDEMARK_CHECK(EVP_DigestFinal_ex(state_->digest, out.data(), nullptr) == 1,
                 "SHA-256 finishes once");
  return out;
}

Sha256 sha256(ByteView bytes) {
  Sha256Stream stream;
  stream.update(bytes);
  return stream.finish();
}

Sha256 hmac_sha256(ByteView key, ByteView message) {
  constexpr std::size_t block_octets = 64;
  std::array<std::uint8_t, block_octets> block{};
  if (key.size() > block_octets) {
    const Sha256 shorter = sha256(key);
    std::ranges::copy(shorter, block.begin());
  } else {
    std::ranges::copy(key, block.begin());
  }
  const auto keyed = [&](std::uint8_t pad, ByteView bytes) {
    auto padded = block;
    for (auto& octet : padded) octet ^= pad;
    Sha256Stream stream;
    stream.update(padded);
    stream.update(bytes);
    return stream.finish();
  };
  return keyed(0x5c, keyed(0x36, message));
}

std::string to_hex(ByteView bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const std::uint8_t octet : bytes) {
    text.push_back(digits[octet >> 4]);
    text.push_back(digits[octet & 15]);
  }
  return text;
}

}  // namespace tidemark::base
