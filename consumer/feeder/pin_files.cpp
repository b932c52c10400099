#include "consumer/feeder/pin_files.hpp"

#include <algorithm>
#include <charconv>
#include <variant>

#include "schemas/codec.hpp"

namespace tidemark::consumer {

namespace {

using base::Errc;
using base::Result;

constexpr std::string_view pin_file = "pin.tmct";
constexpr std::string_view prefix = "pinned-", suffix = ".tmpin";

bool is_version(std::string_view name) {
  return name.starts_with(prefix) && name.ends_with(suffix);
}
std::string prefix_of(std::uint64_t seq) { return std::string(prefix) + std::to_string(seq) + "-"; }

}  // namespace

Result<std::string> PinFiles::write(const dataset::Dataset& version) {
  const base::Bytes octets = serialize({fold::State{version, {}}, {}, {}, -1, {}});
  std::string name = prefix_of(version.version().seq.value()) + base::to_hex(base::sha256(octets)) +
                     std::string(suffix);
  TIDEMARK_TRY(const auto present, disk_.list());
  if (std::ranges::find(present, name) == present.end()) {
    TIDEMARK_TRY_VOID(disk_.write_durably(name, octets));
  }
  return name;
}

Result<void> PinFiles::keep(const event::ControlRecord& record,
                            const std::optional<dataset::Dataset>& version) {
  std::string name;
  if (version) {
    TIDEMARK_TRY(name, write(*version));
  }
  TIDEMARK_TRY_VOID(disk_.write_durably(pin_file, schemas::encode(record)));
  if (!version && std::holds_alternative<event::Watermark>(record)) return {};
  return remove_versions(name);
}

Result<void> PinFiles::forget() {
  TIDEMARK_TRY(const auto present, disk_.list());
  if (std::ranges::find(present, pin_file) != present.end()) {
    TIDEMARK_TRY_VOID(disk_.remove(pin_file));
  }
  return remove_versions({});
}

Result<void> PinFiles::remove_versions(std::string_view but) {
  TIDEMARK_TRY(const auto present, disk_.list());
  for (const std::string& name : present) {
    if (!is_version(name) || name == but) continue;
    TIDEMARK_TRY_VOID(disk_.remove(name));
  }
  return {};
}

Result<std::optional<dataset::Dataset>> PinFiles::read(std::uint64_t seq, dataset::HashSeed seed) {
  TIDEMARK_TRY(const auto present, disk_.list());
  const std::string wanted = prefix_of(seq);
  const auto name = std::ranges::find_if(
      present, [&](const auto& one) { return is_version(one) && one.starts_with(wanted); });
  if (name == present.end()) return std::optional<dataset::Dataset>();
  TIDEMARK_TRY(const base::Bytes octets, disk_.read(*name));
  if (wanted + base::to_hex(base::sha256(octets)) + std::string(suffix) != *name) {
    return base::fail(Errc::Invalid, *name + ": its SHA-256 is not the one in its name");
  }
  auto contents = parse(octets, lineage_, seed);
  if (!contents) return std::unexpected(std::move(contents).error().at(*name));
  if (contents->state.dataset.version().seq.value() != seq) {
    return base::fail(Errc::Invalid, *name + ": holds another version than its name says");
  }
  return contents->state.dataset;
}

std::uint64_t PinFiles::newest_up_to(std::uint64_t seq) const {
  std::uint64_t newest = 0;
  const auto present = disk_.list();
  if (!present) return 0;
  for (const std::string& name : *present) {
    std::uint64_t found = 0;
    const char* const digits = name.data() + std::min(prefix.size(), name.size());
    if (!is_version(name)) continue;
    std::from_chars(digits, name.data() + name.size(), found);
    if (found <= seq) newest = std::max(newest, found);
  }
  return newest;
}

PinFiles::Found PinFiles::restore(dataset::HashSeed seed) {
  const auto present = disk_.list();
  if (!present) return {{}, {present.error().trail}};
  if (std::ranges::find(*present, pin_file) == present->end()) return {};
  const auto octets = disk_.read(pin_file);
  if (!octets) return {{}, {"the pin of before is not known: " + octets.error().trail}};
  const auto control = schemas::decode_control_record(*octets);
  const auto* pin = control ? std::get_if<event::Pin>(&*control) : nullptr;
  const auto* mark = control ? std::get_if<event::Watermark>(&*control) : nullptr;
  if (pin == nullptr && mark == nullptr) {
    return {{}, {std::string(pin_file) + ": no pin can be read from it; the log will tell"}};
  }
  Found found{RestoredPin{}, {}};
  if (pin != nullptr) found.pin->pin = *pin;
  if (mark != nullptr) found.pin->watermark = *mark;
  auto version = read(pin != nullptr ? pin->seq : newest_up_to(mark->seq), seed);
  if (version) {
    found.pin->dataset = *std::move(version);
  } else {
    found.remarks.push_back("the version of the pin is not used: " + version.error().trail);
  }
  return found;
}

}  // namespace tidemark::consumer
