#include "consumer/bootstrap/file_parts.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace tidemark::consumer {

using base::Result;

namespace {

constexpr std::string_view prefix = "fetch-", suffix = ".part";
constexpr std::size_t sha256_digits = 64, octet_digits = 12;

std::string part_name(std::string_view sha256, std::uint64_t first) {
  std::string digits = std::to_string(first);
  digits.insert(0, octet_digits - std::min(octet_digits, digits.size()), '0');
  return std::string(prefix) + std::string(sha256) + "-" + digits + std::string(suffix);
}

bool is_part(std::string_view name) {
  return name.size() == prefix.size() + sha256_digits + 1 + octet_digits + suffix.size() &&
         name.starts_with(prefix) && name.ends_with(suffix);
}

std::string_view file_of(std::string_view name) {
  return name.substr(prefix.size(), sha256_digits);
}

}  // namespace

std::string FileParts::begun(base::Disk& disk) {
  const auto names = disk.list();
  if (!names) return {};
  const auto part = std::ranges::find_if(*names, is_part);
  return part == names->end() ? std::string() : std::string(file_of(*part));
}

Result<FileParts> FileParts::open(base::Disk& disk, std::string sha256) {
  FileParts parts(disk, std::move(sha256));
  TIDEMARK_TRY(const auto names, disk.list());
  for (const std::string& name : names) {  // sorted: the parts of one file in their order
    if (!is_part(name)) continue;
    const bool next = name == part_name(parts.sha256_, parts.octets_);
    const auto part = next ? disk.read(name) : base::fail(base::Errc::NotFound, name);
    if (part && !part->empty()) {
      parts.octets_ += part->size();
      parts.names_.push_back(name);
    } else {
      (void)disk.remove(name);
    }
  }
  return parts;
}

Result<void> FileParts::append(base::ByteView part) {
  const std::string name = part_name(sha256_, octets_);
  TIDEMARK_TRY_VOID(disk_.write_durably(name, part));
  names_.push_back(name);
  octets_ += part.size();
  return {};
}

Result<base::Bytes> FileParts::whole() const {
  base::Bytes all;
  all.reserve(octets_);
  for (const std::string& name : names_) {
    TIDEMARK_TRY(const base::Bytes part, disk_.read(name));
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

void FileParts::drop() {
  for (const std::string& name : names_) (void)disk_.remove(name);
  names_.clear();
  octets_ = 0;
}

}  // namespace tidemark::consumer
