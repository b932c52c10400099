// Domain names: lower-case, uncompressed, absolute, in wire form. Text only at the borders.
//
// NameView looks at a valid name somewhere else; Name owns one. Both are always canonical: 1-63
// octets a label, at most 255 octets with the root, A-Z folded to a-z and nothing else touched.
// Letter case of a question is not kept here: the answer copies the question's own octets.
//
// Invariants  wire() ends in the root label; every length octet is <= 63; size <= 255.
// Errors      parse_* return what is wrong and where (octet or character offset).
// RFC         1034, 1035, 4343 (case), 4034 section 6.1 (canonical order), 9499 (terms)
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"

namespace tidemark::dns {

constexpr std::size_t name_octets_max = 255;
constexpr std::size_t label_octets_max = 63;
constexpr std::size_t labels_max = 127;  // without the root

class NameView {
 public:
  // Requires  `wire` is a valid canonical name: it came from a Name or was checked by Name::parse.
  static NameView trusted(base::ByteView wire) noexcept { return NameView(wire); }

  base::ByteView wire() const noexcept { return wire_; }
  bool is_root() const noexcept { return wire_.size() == 1; }
  std::size_t label_count() const noexcept;     // without the root label
  base::ByteView first_label() const noexcept;  // leftmost, without its length octet
  NameView parent() const noexcept;             // Requires !is_root()
  bool is_wildcard() const noexcept {           // leftmost label is "*"
    return wire_.size() > 2 && wire_[0] == 1 && wire_[1] == '*';
  }
  // By whole labels: notexample.org is not below example.org.
  bool is_at_or_below(NameView ancestor) const noexcept;
  bool is_below(NameView ancestor) const noexcept;
  std::string to_text() const;  // absolute, with final dot, \DDD and \X escapes

  friend bool operator==(NameView a, NameView b) noexcept;
  // Canonical order of RFC 4034 section 6.1 (by labels from the right).
  friend std::strong_ordering operator<=>(NameView a, NameView b) noexcept;

 private:
  explicit NameView(base::ByteView wire) noexcept : wire_(wire) {}
  base::ByteView wire_;
};

class Name {
 public:
  static Name root();
  // Presentation form. A name without final dot is completed with `origin`, or absolute if none.
  static base::Result<Name> parse(std::string_view text);
  static base::Result<Name> parse(std::string_view text, NameView origin);
  // Exactly one uncompressed name filling all of `wire`; folds case.
  static base::Result<Name> from_wire(base::ByteView wire);
  explicit Name(NameView view) : wire_(base::as_text(view.wire())) {}

  NameView view() const noexcept { return NameView::trusted(base::as_bytes(wire_)); }
  operator NameView() const noexcept {
    return view();
  }  // NOLINT: a Name is a NameView with storage
  base::ByteView wire() const noexcept { return base::as_bytes(wire_); }
  std::string to_text() const { return view().to_text(); }
  // Label in front of this name; Error if the result is too long.
  base::Result<Name> child(std::string_view label) const;

  friend bool operator==(const Name& a, const Name& b) noexcept { return a.wire_ == b.wire_; }
  friend std::strong_ordering operator<=>(const Name& a, const Name& b) noexcept {
    return a.view() <=> b.view();
  }

 private:
  explicit Name(std::string wire) : wire_(std::move(wire)) {}
  std::string wire_;
};

// A name in wire form with its letter case kept: for the few RDATA names that are never lower-cased
// (RFC 6840 section 5.1, RFC 9460 section 2.2). Everything else wants Name.
struct NameOctets {
  std::array<std::uint8_t, name_octets_max> octets;
  std::size_t size = 0;

  base::ByteView view() const noexcept { return base::ByteView(octets).first(size); }
};
// Presentation form; "@" is `origin`, a name without final dot is completed with it.
base::Result<NameOctets> name_octets_from_text(std::string_view text, NameView origin);
// Requires one valid uncompressed name; letter case is printed as it is.
std::string name_octets_to_text(base::ByteView wire);

// Length of the uncompressed name at the front of `bytes`, root label included; 0 if it is cut
// short, holds a pointer or an unknown label type, or exceeds 255 octets. For the query path.
std::size_t wire_length(base::ByteView bytes) noexcept;
// Copies `wire` with A-Z folded to a-z. Requires room for wire.size() octets.
void fold_case(base::ByteView wire, std::uint8_t* into) noexcept;

}  // namespace tidemark::dns

template <>
struct std::hash<tidemark::dns::Name> {
  std::size_t operator()(const tidemark::dns::Name& name) const noexcept {
    return std::hash<std::string_view>{}(tidemark::base::as_text(name.wire()));
  }
};
