// CookieKeys: what this node adds to the log's salts to have the secrets of DNS cookies; or the
// secrets themselves, shared with other vendors' servers; or one of its own.
//
// The files hold hexadecimal digits and are read by nobody but the owner (mode 0400 or 0600). A
// file that changed is read again; one that is not sound is told, and what was read before stays.
//
// Invariants  Nothing of it is ever printed, stored or sent.
// Threads     The one that owns it.
// Errors      Invalid, NotFound, Unavailable: naming the file and the remedy.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/environment.hpp"
#include "core/base/hash.hpp"
#include "core/base/result.hpp"
#include "core/dns/cookie.hpp"
#include "core/event/change_set.hpp"

namespace tidemark::edge {

struct CookieSettings {
  enum class From : std::uint8_t {
    Nothing,     // COOKIE options are ignored
    Local,       // one random secret: for a single node
    KeyFile,     // the fleet's key, 64 digits; the salts come by the log
    SecretFile,  // secrets, one a line, 32 digits each; the first signs
  };
  From from = From::Nothing;
  std::string file{};
};

class CookieKeys {
 public:
  [[nodiscard]] static base::Result<CookieKeys> open(CookieSettings settings, base::Random& random);

  // Reads the file again if it changed since. True: secrets_for() gives others now.
  [[nodiscard]] base::Result<bool> refresh();

  dns::CookieSecrets secrets_for(const std::vector<event::CookieSalt>& salts) const;

 private:
  struct Stamp {  // of the file as it was read
    std::int64_t device = 0, inode = 0, octets = 0, changed_ns = 0;
    friend bool operator==(const Stamp&, const Stamp&) = default;
  };
  explicit CookieKeys(CookieSettings settings) : settings_(std::move(settings)) {}
  base::Result<Stamp> look() const;
  base::Result<void> read();

  CookieSettings settings_;
  std::optional<Stamp> seen_;
  std::vector<base::Bytes> keys_;  // one of KeyFile; the secrets of the others
};

}  // namespace tidemark::edge
