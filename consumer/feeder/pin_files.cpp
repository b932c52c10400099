#include "consumer/feeder/pin_files.hpp"

#include <algorithm>
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

Result<void> PinFiles::keep(const event::Pin& pin, const std::optional<dataset::Dataset>& version) {
  std::string name;
  if (version) {
    TIDEMARK_TRY(name, write(*version));
  }
  TIDEMARK_TRY_VOID(disk_.write_durably(pin_file, schemas::encode(event::ControlRecord(pin))));
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

PinFiles::Found PinFiles::restore(dataset::HashSeed seed) {
  const auto present = disk_.list();
  if (!present) return {{}, {present.error().trail}};
  if (std::ranges::find(*present, pin_file) == present->end()) return {};
  const auto octets = disk_.read(pin_file);
  if (!octets) return {{}, {"the pin of before is not known: " + octets.error().trail}};
  const auto control = schemas::decode_control_record(*octets);
  const auto* pin = control ? std::get_if<event::Pin>(&*control) : nullptr;
  if (pin == nullptr) {
    return {{}, {std::string(pin_file) + ": no pin can be read from it; the log will tell"}};
  }
  Found found{RestoredPin{*pin, {}}, {}};
  auto version = read(pin->seq, seed);
  if (version) {
    found.pin->dataset = *std::move(version);
  } else {
    found.remarks.push_back("the version of the pin is not used: " + version.error().trail);
  }
  return found;
}

}  // namespace tidemark::consumer
