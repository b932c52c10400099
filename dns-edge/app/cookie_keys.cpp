#include "dns-edge/app/cookie_keys.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>
#include <utility>

#include <sys/stat.h>
#include <unistd.h>

namespace tidemark::edge {

namespace {

using base::Bytes;
using base::Errc;
using base::Result;
using From = CookieSettings::From;

constexpr std::size_t key_octets = 32, secret_octets = 16;
constexpr std::int64_t file_octets_max = 4096;
constexpr std::string_view purpose = "tidemark cookie secret";

std::optional<Bytes> from_hex(std::string_view digits) {
  const auto value = [](char digit) -> int {
    if (digit >= '0' && digit <= '9') return digit - '0';
    if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
    return -1;
  };
  Bytes octets;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    const int high = value(digits[i]), low = value(digits[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    octets.push_back(static_cast<std::uint8_t>(high * 16 + low));
  }
  if (digits.size() % 2 != 0) return std::nullopt;
  return octets;
}

void add(dns::CookieSecrets& secrets, base::ByteView octets) {
  std::copy_n(octets.begin(), secret_octets, secrets.secrets[secrets.count++].begin());
}

}  // namespace

Result<CookieKeys> CookieKeys::open(CookieSettings settings, base::Random& random) {
  CookieKeys keys(std::move(settings));
  if (keys.settings_.from == From::Local) {
    Bytes secret(secret_octets);
    base::store_u64(secret.data(), random.next());
    base::store_u64(secret.data() + 8, random.next());
    keys.keys_.push_back(std::move(secret));
  }
  TIDEMARK_TRY_VOID(keys.refresh());
  return keys;
}

Result<CookieKeys::Stamp> CookieKeys::look() const {
  struct stat found{};
  if (::stat(settings_.file.c_str(), &found) != 0) {
    const Errc code = errno == ENOENT ? Errc::NotFound : Errc::Unavailable;
    return base::fail(code, settings_.file + ": " + std::generic_category().message(errno));
  }
  if ((found.st_mode & S_IFMT) != S_IFREG || found.st_size > file_octets_max) {
    return base::fail(Errc::Invalid, settings_.file + ": not a small file");
  }
  if ((found.st_mode & 077) != 0) {
    return base::fail(Errc::Invalid,
                      settings_.file + ": others may read it: chmod 0400 " + settings_.file);
  }
  return Stamp{static_cast<std::int64_t>(found.st_dev), static_cast<std::int64_t>(found.st_ino),
               found.st_size, found.st_ctim.tv_sec * 1'000'000'000 + found.st_ctim.tv_nsec};
}

Result<void> CookieKeys::read() {
  errno = 0;
  std::ifstream in(settings_.file);
  if (!in) {
    const std::string owner = std::to_string(::geteuid());
    return base::fail(Errc::Unavailable,
                      settings_.file +
                          ": cannot be read: " + std::generic_category().message(errno) +
                          ": it must belong to the user that this edge runs as: chown " + owner +
                          " " + settings_.file);
  }
  const bool is_key = settings_.from == From::KeyFile;
  const std::size_t octets = is_key ? key_octets : secret_octets;
  const std::size_t lines_max = is_key ? 1 : dns::cookie_secrets_max;
  std::vector<Bytes> keys;
  std::size_t number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (line.empty() || line.starts_with('#')) continue;
    auto key = from_hex(line);
    if (!key || key->size() != octets) {  // the line itself is never told
      return base::fail(Errc::Invalid, settings_.file + ":" + std::to_string(number) + ": not " +
                                           std::to_string(2 * octets) +
                                           " hexadecimal digits: openssl rand -hex " +
                                           std::to_string(octets));
    }
    keys.push_back(*std::move(key));
  }
  if (keys.empty() || keys.size() > lines_max) {
    return base::fail(Errc::Invalid, settings_.file + ": holds " + std::to_string(keys.size()) +
                                         " keys, from 1 to " + std::to_string(lines_max) +
                                         " are right");
  }
  keys_ = std::move(keys);
  return {};
}

Result<bool> CookieKeys::refresh() {
  if (settings_.from != From::KeyFile && settings_.from != From::SecretFile) return false;
  TIDEMARK_TRY(const Stamp stamp, look());
  if (seen_ == stamp) return false;
  const auto before = keys_;
  TIDEMARK_TRY_VOID(read());
  seen_ = stamp;
  return keys_ != before;
}

dns::CookieSecrets CookieKeys::secrets_for(const std::vector<event::CookieSalt>& salts) const {
  dns::CookieSecrets secrets;
  if (settings_.from != From::KeyFile) {
    for (const Bytes& secret : keys_) add(secrets, secret);
    return secrets;
  }
  for (const event::CookieSalt& salt : salts) {
    const auto text = base::as_bytes(purpose);
    Bytes message(text.begin(), text.end());
    message.insert(message.end(), salt.begin(), salt.end());
    add(secrets, base::hmac_sha256(keys_.front(), message));
  }
  return secrets;
}

}  // namespace tidemark::edge
