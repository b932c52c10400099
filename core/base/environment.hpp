// The environment behind ports: each has a real form (made in an app) and a deterministic one
// (tests, simulator). core/ itself never calls them; the feeder, snapshot files, publisher and
// prober get them from their composition root.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"

namespace tidemark::base {

// Two clocks: `steady` orders and measures, `wall` is only shown to people.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual std::chrono::nanoseconds steady() = 0;
  virtual std::chrono::milliseconds wall() = 0;  // since the Unix epoch, UTC
};

class Random {
 public:
  virtual ~Random() = default;
  virtual std::uint64_t next() = 0;
};

// A flat folder of files of one component. Names hold no slash.
//
// write_durably: temp file, fsync, rename, fsync of the folder: afterwards the file is there whole
// or, on an Error, as it was before. A failed fsync is never retried on the same descriptor.
class Disk {
 public:
  virtual ~Disk() = default;
  virtual Result<Bytes> read(std::string_view name) = 0;
  virtual Result<void> write_durably(std::string_view name, ByteView bytes) = 0;
  virtual Result<void> rename(std::string_view from, std::string_view to) = 0;
  virtual Result<void> remove(std::string_view name) = 0;
  virtual Result<std::vector<std::string>> list() = 0;  // sorted by name
};

}  // namespace tidemark::base
