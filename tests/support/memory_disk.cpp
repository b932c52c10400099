#include "tests/support/memory_disk.hpp"

#include <algorithm>
#include <utility>

namespace tidemark::support {

using base::Errc;
using base::Result;

Result<void> MemoryDisk::begin(std::string_view call, std::string_view name) {
  if (++calls_ != failing_) return {};
  return base::fail(Errc::Unavailable,
                    std::string(name) + ": " + std::string(call) + ": failing as the test asked");
}

Result<base::Bytes> MemoryDisk::read(std::string_view name) {
  TIDEMARK_TRY_VOID(begin("read", name));
  const auto file = files_.find(name);
  if (file == files_.end()) return base::fail(Errc::NotFound, std::string(name) + ": no such file");
  return file->second;
}

Result<void> MemoryDisk::write_durably(std::string_view name, base::ByteView bytes) {
  TIDEMARK_TRY_VOID(begin("write", name));
  std::size_t used = bytes.size();
  for (const auto& [other, octets] : files_) used += octets.size();
  if (octets_max_ && used > *octets_max_) {
    return base::fail(Errc::Unavailable, std::string(name) + ": write: no space left");
  }
  if (const auto torn = std::exchange(torn_, std::nullopt)) {
    bytes = bytes.first(std::min(*torn, bytes.size()));
  }
  files_.insert_or_assign(std::string(name), base::Bytes(bytes.begin(), bytes.end()));
  return {};
}

Result<void> MemoryDisk::rename(std::string_view from, std::string_view to) {
  TIDEMARK_TRY_VOID(begin("rename", from));
  auto file = files_.extract(files_.find(from));
  if (file.empty()) return base::fail(Errc::NotFound, std::string(from) + ": no such file");
  files_.erase(std::string(to));
  file.key() = std::string(to);
  files_.insert(std::move(file));
  return {};
}

Result<void> MemoryDisk::remove(std::string_view name) {
  TIDEMARK_TRY_VOID(begin("remove", name));
  const auto file = files_.find(name);
  if (file == files_.end()) return base::fail(Errc::NotFound, std::string(name) + ": no such file");
  files_.erase(file);
  return {};
}

Result<std::vector<std::string>> MemoryDisk::list() {
  TIDEMARK_TRY_VOID(begin("list", "the folder"));
  std::vector<std::string> names;
  for (const auto& [name, octets] : files_) names.push_back(name);
  return names;
}

}  // namespace tidemark::support
