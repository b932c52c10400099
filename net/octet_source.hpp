// OctetSource: octets that are read while a response sends them: a snapshot file, part by part.
//
// It is shared: several responses read it at once, and they go on although the file lost its name
// meanwhile.
//
// Threads  Any: read() keeps no position.
// Errors   read(): Unavailable, the trail names the file and the system's words; also if the file
//          has become shorter.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "core/base/bytes.hpp"
#include "core/base/hash.hpp"
#include "core/base/result.hpp"

namespace tidemark::net {

class OctetSource {
 public:
  virtual ~OctetSource() = default;
  virtual std::uint64_t size() const = 0;
  // Fills `into` from octet `first` on.
  [[nodiscard]] virtual base::Result<void> read(std::uint64_t first,
                                                std::span<std::uint8_t> into) const = 0;
};

std::shared_ptr<const OctetSource> octets_of(base::Bytes bytes);
// A regular file, held open. NotFound: there is none.
[[nodiscard]] base::Result<std::shared_ptr<const OctetSource>> open_octets(std::string path);
// Read in parts: a file of any size.
[[nodiscard]] base::Result<base::Sha256> sha256_of(const OctetSource& source);

}  // namespace tidemark::net
