#include "schemas/opening.hpp"

#include <cstring>

#include <flatbuffers/flatbuffers.h>

#include "core/event/change_set.hpp"

namespace tidemark::schemas {

namespace {

constexpr flatbuffers::voffset_t min_reader_slot = 4;  // field 0 of each root table, for ever

// Reads min_reader without trusting anything else. Nothing if its place is not sound.
std::optional<std::uint16_t> peek_min_reader(const Opened& opened) {
  flatbuffers::Verifier verifier(opened.data(), opened.size(), record_depth_max, record_tables_max);
  if (verifier.VerifyOffset(std::size_t{0}) == 0) return std::nullopt;
  const auto* root = flatbuffers::GetRoot<flatbuffers::Table>(opened.data());
  if (!root->VerifyTableStart(verifier)) return std::nullopt;
  if (!root->VerifyField<std::uint16_t>(verifier, min_reader_slot, sizeof(std::uint16_t))) {
    return std::nullopt;
  }
  return root->GetField<std::uint16_t>(min_reader_slot, 1);
}

std::unexpected<base::Error> invalid(const RecordForm& form, const std::string& why) {
  return base::fail(base::Errc::Invalid, std::string(form.noun) + ": " + why);
}

}  // namespace

Opened::Opened(base::ByteView record) : words_((record.size() + 7) / 8), octets_(record.size()) {
  if (!record.empty()) std::memcpy(words_.data(), record.data(), record.size());
}

const std::uint8_t* Opened::data() const noexcept {
  return reinterpret_cast<const std::uint8_t*>(words_.data());
}

base::Result<Opened> open(base::ByteView record, const RecordForm& form) {
  constexpr std::size_t header_octets = 8;  // root offset, identifier
  if (record.size() <= header_octets) return invalid(form, "cut short");
  if (record.size() > foreign_record_octets_max) {
    return invalid(form, std::to_string(record.size()) + " octets, more than any record has");
  }
  if (base::as_text(record.subspan(4, 4)) != form.identifier) {
    return invalid(form, std::string("its identifier is not ") + form.identifier);
  }
  Opened opened(record);
  const auto min_reader = peek_min_reader(opened);
  if (!min_reader) return invalid(form, "its structure is not sound");
  if (*min_reader > event::min_reader_supported) {
    return base::fail(base::Errc::Unsupported, std::string(form.noun) + ": needs reader " +
                                                   std::to_string(*min_reader) + ", this one is " +
                                                   std::to_string(event::min_reader_supported) +
                                                   ": upgrade this node");
  }
  if (record.size() > form.octets_max) {
    return invalid(form, std::to_string(record.size()) + " octets, more than " +
                             std::to_string(form.octets_max));
  }
  flatbuffers::Verifier verifier(opened.data(), opened.size(), record_depth_max, record_tables_max);
  if (!form.verify(verifier)) return invalid(form, "its structure is not sound");
  return opened;
}

std::unexpected<base::Error> Reading::too_long(std::string_view field, std::size_t size,
                                               std::size_t max) {
  return base::fail(base::Errc::Invalid, std::string(field) + ": length " + std::to_string(size) +
                                             " is above " + std::to_string(max));
}

std::string Reading::at_index(std::string_view field, std::size_t index) {
  return std::string(field) + "[" + std::to_string(index) + "]";
}

base::Result<dns::Name> Reading::canonical_name(std::string_view field, base::ByteView wire) {
  auto name = dns::Name::from_wire(wire);
  if (!name) {
    auto error = std::move(name).error().at(field);
    error.code = base::Errc::Invalid;
    return std::unexpected(std::move(error));
  }
  if (base::as_text(name->wire()) != base::as_text(wire)) {
    return base::fail(base::Errc::Invalid,
                      std::string(field) + ": " + name->to_text() + " is not in lower case");
  }
  return name;
}

}  // namespace tidemark::schemas
