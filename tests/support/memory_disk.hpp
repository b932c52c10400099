// MemoryDisk: base::Disk as a map, with faults by name.
//
// What write_durably promises is kept under every fault but tear_next_write(): that one stands for
// a disk that lied about fsync and then lost power.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/environment.hpp"

namespace tidemark::support {

class MemoryDisk final : public base::Disk {
 public:
  base::Result<base::Bytes> read(std::string_view name) override;
  base::Result<void> write_durably(std::string_view name, base::ByteView bytes) override;
  base::Result<void> rename(std::string_view from, std::string_view to) override;
  base::Result<void> remove(std::string_view name) override;
  base::Result<std::vector<std::string>> list() override;

  // Faults.
  void fail_call(std::size_t number) { failing_ = number; }  // counted from 1, over all calls
  void set_octets_max(std::size_t octets) { octets_max_ = octets; }  // a full disk
  void tear_next_write(std::size_t octets) { torn_ = octets; }  // says done, only so many are there

  std::size_t calls() const noexcept { return calls_; }
  std::map<std::string, base::Bytes, std::less<>>& files() noexcept { return files_; }

 private:
  base::Result<void> begin(std::string_view call, std::string_view name);

  std::map<std::string, base::Bytes, std::less<>> files_;
  std::size_t calls_ = 0;
  std::optional<std::size_t> failing_, octets_max_, torn_;
};

}  // namespace tidemark::support
