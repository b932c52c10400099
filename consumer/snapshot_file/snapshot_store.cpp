#include "consumer/snapshot_file/snapshot_store.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <utility>

#include "core/base/check.hpp"

namespace tidemark::consumer {

namespace {

constexpr std::string_view prefix = "snapshot-";
constexpr std::string_view suffix = ".tmsnap";
constexpr std::string_view bad_suffix = ".bad";
constexpr std::string_view held_suffix = ".held";
constexpr std::size_t generation_digits = 10;
constexpr std::size_t sha256_digits = 64;

struct FileName {
  std::uint64_t generation;
  std::string sha256;
};

// Nothing if `name` is not of our making.
std::optional<FileName> read_name(std::string_view name) {
  if (name.size() != prefix.size() + generation_digits + 1 + sha256_digits + suffix.size()) {
    return std::nullopt;
  }
  if (!name.starts_with(prefix) || !name.ends_with(suffix)) return std::nullopt;
  const std::string_view digits = name.substr(prefix.size(), generation_digits);
  const std::string_view sha256 = name.substr(prefix.size() + generation_digits + 1, sha256_digits);
  FileName read{0, std::string(sha256)};
  const auto [end, failed] =
      std::from_chars(digits.data(), digits.data() + digits.size(), read.generation);
  if (failed != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return read;
}

std::string write_name(std::uint64_t generation, const base::Sha256& sha256) {
  std::string digits = std::to_string(generation);
  digits.insert(0, generation_digits - std::min(generation_digits, digits.size()), '0');
  return std::string(prefix) + digits + "-" + base::to_hex(sha256) + std::string(suffix);
}

// Generations have one width, so the order of names is that of generations.
std::vector<std::string> newest_first(const std::vector<std::string>& names) {
  std::vector<std::string> files;
  std::ranges::copy_if(names, std::back_inserter(files),
                       [](const std::string& name) { return read_name(name).has_value(); });
  std::ranges::sort(files, std::greater<>{});
  return files;
}

base::Result<SnapshotContents> verify(std::string_view name, base::ByteView octets,
                                      dataset::Lineage lineage, dataset::HashSeed seed) {
  if (base::to_hex(base::sha256(octets)) != read_name(name)->sha256) {
    return base::fail(base::Errc::Invalid, "its SHA-256 is not the one in its name");
  }
  return parse(octets, lineage, seed);
}

}  // namespace

std::string sha256_of_file_name(std::string_view name) {
  const auto read = read_name(name);
  return read ? read->sha256 : std::string();
}

SnapshotStore::SnapshotStore(base::Disk& disk, dataset::Lineage lineage, std::size_t generations)
    : disk_(disk), lineage_(lineage), generations_(generations) {
  TIDEMARK_CHECK(generations >= generations_min, "at least three generations are kept");
}

base::Result<std::vector<std::string>> SnapshotStore::files() {
  TIDEMARK_TRY(const auto names, disk_.list());
  return newest_first(names);
}

base::Result<SavedFile> SnapshotStore::save(const SnapshotContents& contents) {
  return keep(serialize(contents));
}

base::Result<SavedFile> SnapshotStore::keep(base::ByteView octets) {
  TIDEMARK_TRY(const auto present, files());
  SavedFile saved{{}, base::sha256(octets), octets.size(), true, {}};
  std::uint64_t generation = 1;
  if (!present.empty()) {
    const FileName newest = *read_name(present.front());
    if (newest.sha256 == base::to_hex(saved.sha256)) {
      saved.name = present.front();
      saved.written = false;
      return saved;
    }
    generation = newest.generation + 1;
  }
  saved.name = write_name(generation, saved.sha256);
  if (auto written = disk_.write_durably(saved.name, octets); !written) {
    return std::unexpected(std::move(written).error().at("snapshot file " + saved.name));
  }
  tidy_up(saved.remarks);
  return saved;
}

// A file that stays although it should go does no harm: it is told and tried again next time.
void SnapshotStore::tidy_up(std::vector<std::string>& remarks) {
  const auto names = disk_.list();
  if (!names) {
    remarks.push_back(names.error().trail);
    return;
  }
  std::vector<std::string> old = newest_first(*names);
  old.erase(old.begin(),
            old.begin() + static_cast<std::ptrdiff_t>(std::min(old.size(), generations_)));
  std::erase_if(old, [this](const std::string& name) {
    return std::ranges::find(protected_, name) != protected_.end();
  });
  for (const std::string_view ending : {bad_suffix, held_suffix}) {
    std::vector<std::string> aside;
    std::ranges::copy_if(*names, std::back_inserter(aside), [&](const std::string& name) {
      return name.starts_with(prefix) && name.ends_with(ending);
    });
    std::ranges::sort(aside, std::greater<>{});
    if (aside.size() > bad_files_max) {
      old.insert(old.end(), aside.begin() + bad_files_max, aside.end());
    }
  }
  for (const std::string& name : old) {
    if (auto removed = disk_.remove(name); !removed) remarks.push_back(removed.error().trail);
  }
}

std::vector<Generation> SnapshotStore::generations() {
  std::vector<Generation> all;
  const auto present = files();
  if (!present) return all;
  for (const std::string& name : *present) {
    const auto octets = disk_.read(name);
    if (!octets) continue;
    const auto summary =
        read_summary(base::ByteView(*octets).first(std::min(octets->size(), summary_octets_max)));
    if (summary) all.push_back({name, summary->version.seq.value()});
  }
  return all;
}

std::vector<std::string> SnapshotStore::set_aside_from(std::uint64_t seq) {
  std::vector<std::string> remarks;
  for (const Generation& one : generations()) {
    if (one.seq < seq) continue;
    const auto moved = disk_.rename(one.name, one.name + std::string(held_suffix));
    remarks.push_back(moved ? "snapshot file " + one.name + " of version " +
                                  std::to_string(one.seq) + " is set aside"
                            : moved.error().trail);
  }
  return remarks;
}

RestoreReport SnapshotStore::restore(dataset::HashSeed seed) { return restore_before({}, seed); }

RestoreReport SnapshotStore::restore_before(std::string_view file, dataset::HashSeed seed) {
  auto present = files();
  if (!present) return RestoreReport{{}, {}, {std::move(present).error().trail}, 0};
  if (!file.empty()) std::erase_if(*present, [&](const auto& name) { return name >= file; });
  return restore_from(*present, seed);
}

RestoreReport SnapshotStore::restore_from(const std::vector<std::string>& names,
                                          dataset::HashSeed seed) {
  RestoreReport report;
  for (const std::string& name : names) {
    const auto octets = disk_.read(name);
    if (!octets) {
      report.remarks.push_back("snapshot file " + name + " passed over: " + octets.error().trail);
      continue;
    }
    auto contents = verify(name, *octets, lineage_, seed);
    if (contents) {
      report.contents = *std::move(contents);
      report.file = name;
      return report;
    }
    const base::Error& error = contents.error();
    if (error.code == base::Errc::Unsupported || error.code == base::Errc::Conflict) {
      report.remarks.push_back("snapshot file " + name + " passed over: " + error.trail);
      continue;
    }
    ++report.set_aside;
    report.remarks.push_back("snapshot file " + name + " set aside: " + error.trail);
    if (auto moved = disk_.rename(name, name + std::string(bad_suffix)); !moved) {
      report.remarks.push_back("it keeps its name: " + moved.error().trail);
    }
  }
  return report;
}

}  // namespace tidemark::consumer
