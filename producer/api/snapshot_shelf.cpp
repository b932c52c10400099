#include "producer/api/snapshot_shelf.hpp"

#include <algorithm>
#include <utility>

namespace tidemark::producer {

namespace {

using base::Errc;
using base::Result;

constexpr std::string_view prefix = "fleet-", suffix = ".tmsnap", keep_suffix = ".keep",
                           bad_suffix = ".bad";
constexpr std::size_t seq_digits = 16;
constexpr std::size_t sha256_digits = 64;
constexpr std::size_t bad_files_max = 3;

bool is_ours(std::string_view name) {
  return name.size() == prefix.size() + seq_digits + 1 + sha256_digits + suffix.size() &&
         name.starts_with(prefix) && name.ends_with(suffix);
}

std::string stem_of(std::string_view file_name) {
  return std::string(file_name.substr(0, file_name.size() - suffix.size()));
}

std::string stem_of(std::uint64_t seq, const base::Sha256& sha256) {
  std::string digits = std::to_string(seq);
  digits.insert(0, seq_digits - std::min(seq_digits, digits.size()), '0');
  return std::string(prefix) + digits + "-" + base::to_hex(sha256);
}

bool holds(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

std::string with(const std::string& stem, std::string_view ending) {
  return stem + std::string(ending);
}

}  // namespace

std::vector<bool> needed_files(const std::vector<ShelvedFile>& newest_first,
                               const std::vector<std::uint64_t>& wanted_seqs,
                               std::size_t generations) {
  std::vector<bool> needed(newest_first.size(), false);
  for (std::size_t i = 0; i < needed.size(); ++i) {
    needed[i] = i < generations || !newest_first[i].file.kept.empty();
  }
  for (const std::uint64_t seq : wanted_seqs) {
    const auto at = std::ranges::find_if(
        newest_first, [seq](const ShelvedFile& one) { return one.file.seq <= seq; });
    if (at != newest_first.end()) {
      needed[static_cast<std::size_t>(at - newest_first.begin())] = true;
    }
  }
  return needed;
}

Result<ShelvedFile> SnapshotShelf::look_at(const std::string& file_name) {
  TIDEMARK_TRY(auto source, open_(file_name));
  base::Bytes opening(std::min<std::uint64_t>(source->size(), consumer::summary_octets_max));
  TIDEMARK_TRY_VOID(source->read(0, opening));
  TIDEMARK_TRY(const auto summary, consumer::read_summary(opening));
  if (summary.version.lineage != lineage_) {
    return base::fail(Errc::Conflict, "it is of another dataset");
  }
  TIDEMARK_TRY(const base::Sha256 sha256, net::sha256_of(*source));
  TIDEMARK_TRY(auto file, consumer::shared_file(sha256, std::move(source)));
  if (stem_of(file.seq, sha256) != stem_of(file_name)) {
    return base::fail(Errc::Invalid, "its SHA-256 or its version is not the one in its name");
  }
  return ShelvedFile{stem_of(file_name), std::move(file)};
}

void SnapshotShelf::set_aside(const std::string& file_name, std::vector<std::string>& remarks) {
  if (auto moved = disk_.rename(file_name, with(file_name, bad_suffix)); !moved) {
    remarks.push_back("it keeps its name: " + moved.error().trail);
  }
}

SnapshotShelf::Stock SnapshotShelf::take_stock() {
  Stock stock;
  const auto names = disk_.list();
  if (!names) {
    stock.remarks.push_back(names.error().trail);
    return stock;
  }
  std::vector<std::string> bad;
  for (const std::string& name : *names) {
    if (name.ends_with(bad_suffix)) bad.push_back(name);
    if (name.ends_with(keep_suffix) &&
        !holds(*names, with(name.substr(0, name.size() - keep_suffix.size()), suffix))) {
      (void)disk_.remove(name);  // of a file that went: tried again next time
    }
    if (!is_ours(name)) continue;
    auto found = look_at(name);
    if (!found) {
      stock.remarks.push_back("snapshot file " + name + " is not served: " + found.error().trail);
      if (found.error().code == Errc::Invalid) set_aside(name, stock.remarks);
      continue;
    }
    if (const std::string note = with(found->name, keep_suffix); holds(*names, note)) {
      const auto reason = disk_.read(note);
      found->file.kept = reason && !reason->empty() ? base::as_text(*reason) : "kept";
    }
    stock.files.push_back(*std::move(found));
  }
  for (std::size_t i = bad_files_max; i < bad.size(); ++i) (void)disk_.remove(bad[i]);
  std::ranges::sort(stock.files, std::greater<>{}, [](const ShelvedFile& one) {
    return std::pair(one.file.seq, one.file.offset);
  });
  return stock;
}

Result<ShelvedFile> SnapshotShelf::put(consumer::SnapshotContents contents) {
  const base::Bytes octets = serialize(consumer::without_health(std::move(contents)));
  const base::Sha256 sha256 = base::sha256(octets);
  TIDEMARK_TRY(const auto summary, consumer::read_summary(base::ByteView(octets).first(
                                       std::min(octets.size(), consumer::summary_octets_max))));
  const std::string name = with(stem_of(summary.version.seq.value(), sha256), suffix);
  TIDEMARK_TRY(const auto names, disk_.list());
  if (!holds(names, name)) {
    if (auto written = disk_.write_durably(name, octets); !written) {
      return std::unexpected(std::move(written).error().at("snapshot file " + name));
    }
  }
  return look_at(name);
}

Result<void> SnapshotShelf::verify(const std::string& name) {
  const std::string file_name = with(name, suffix);
  auto found = look_at(file_name);
  if (found) return {};
  base::Error error = std::move(found).error();
  std::vector<std::string> remarks;
  if (error.code == Errc::Invalid) set_aside(file_name, remarks);
  for (const std::string& remark : remarks) error.trail += "; " + remark;
  return std::unexpected(std::move(error));
}

bool SnapshotShelf::is_there(const std::string& name) {
  const auto names = disk_.list();
  return !names || holds(*names, with(name, suffix));
}

Result<void> SnapshotShelf::keep(const ShelvedFile& file, const std::string& reason) {
  return disk_.write_durably(with(file.name, keep_suffix), base::as_bytes(reason));
}

Result<void> SnapshotShelf::no_longer_keep(const ShelvedFile& file) {
  auto removed = disk_.remove(with(file.name, keep_suffix));
  if (!removed && removed.error().code == Errc::NotFound) return {};
  return removed;
}

// The file first: a note without a file is tidied up, a file that lost its note would go too soon.
Result<void> SnapshotShelf::remove(const ShelvedFile& file) {
  TIDEMARK_TRY_VOID(disk_.remove(with(file.name, suffix)));
  if (file.file.kept.empty()) return {};
  return no_longer_keep(file);
}

}  // namespace tidemark::producer
