// Record: one entry of a log topic, as every log form hands it out.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/hash.hpp"
#include "core/base/strong.hpp"

namespace tidemark::log {

constexpr std::size_t record_octets_max = 1'000'000;  // key + value; above it append says TooLarge

using Offset = base::Strong<struct OffsetTag, std::int64_t>;          // first record: 0
using AppendTime = base::Strong<struct AppendTimeTag, std::int64_t>;  // ms, the log's clock

using Headers = std::vector<std::pair<std::string, std::string>>;  // for people; never folded

struct Record {
  Offset offset;
  AppendTime appended;  // never decreases within a topic, as handed out by a Source
  std::string key{};
  base::Bytes value{};
  bool tombstone = false;  // a null value on a compacted topic
  Headers headers{};
};

// What is to be appended.
struct Draft {
  std::string key{};
  base::Bytes value{};
  bool tombstone = false;
  Headers headers{};
};

// SHA-256 over (key length u32, key, value length u32, value): what the overlap read compares, and
// a link of the chain. Offset, time and headers are not part of it: a mirror has others.
base::Sha256 record_hash(const Record& record);

}  // namespace tidemark::log
