#include "core/dns/name.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "core/base/check.hpp"
#include "core/dns/text_form.hpp"

namespace tidemark::dns {

namespace {

using base::ByteView;
using base::Errc;
using base::Result;

// Where each label of a valid name begins, so that it can be walked from the right.
class Labels {
 public:
  explicit Labels(ByteView wire) noexcept : wire_(wire) {
    for (std::size_t at = 0; wire[at] != 0; at += wire[at] + std::size_t{1}) {
      starts_[count_++] = static_cast<std::uint8_t>(at);
    }
  }
  std::size_t count() const noexcept { return count_; }
  ByteView from_right(std::size_t index) const noexcept {
    const std::size_t start = starts_[count_ - 1 - index];
    return wire_.subspan(start + 1, wire_[start]);
  }

 private:
  ByteView wire_;
  std::array<std::uint8_t, labels_max> starts_;
  std::size_t count_ = 0;
};

std::strong_ordering compare_octets(ByteView a, ByteView b) noexcept {
  const int order = std::memcmp(a.data(), b.data(), std::min(a.size(), b.size()));
  if (order != 0) return order <=> 0;
  return a.size() <=> b.size();
}

std::string at_character(std::string_view what, std::size_t at) {
  return std::string(what) + " at character " + std::to_string(at + 1);
}

// Octets that mean something else in presentation form, or that an editor would not show.
bool needs_escape(char c) noexcept {
  return c <= ' ' || c >= 0x7f || c == '"' || c == '(' || c == ')' || c == ';';
}

// Builds a name label by label and says what is wrong where.
class NameBuilder {
 public:
  explicit NameBuilder(std::string_view text) noexcept : text_(text) {}

  // The labels of the text. True if it ended in a dot: the name is absolute.
  Result<bool> take_labels() {
    std::size_t at = 0;
    while (at < text_.size()) {
      TIDEMARK_TRY(const bool dot, take_label(at));
      if (!dot) return false;
    }
    return true;
  }

  Result<void> append(ByteView wire) {
    if (name_.size + wire.size() > name_octets_max) return too_long();
    std::ranges::copy(wire, name_.octets.begin() + static_cast<std::ptrdiff_t>(name_.size));
    name_.size += wire.size();
    return {};
  }

  const NameOctets& name() const noexcept { return name_; }

 private:
  // One label from `at`, which moves behind it and its dot. True if there was a dot.
  Result<bool> take_label(std::size_t& at) {
    const std::size_t begin = at;
    const std::size_t length_at = name_.size;
    if (length_at >= name_octets_max - 1) return too_long();
    ++name_.size;
    bool dot = false;
    while (at < text_.size() && !dot) {
      if (text_[at] == '.') {
        dot = true;
        ++at;
      } else {
        TIDEMARK_TRY(const std::uint8_t octet, take_octet(at));
        if (name_.size == name_octets_max - 1) return too_long();  // the root label comes, too
        name_.octets[name_.size++] = octet;
      }
    }
    const std::size_t length = name_.size - length_at - 1;
    if (length == 0) return base::fail(Errc::Invalid, at_character("empty label", begin));
    if (length > label_octets_max) {
      return base::fail(Errc::Invalid, at_character("label longer than 63 octets", begin));
    }
    name_.octets[length_at] = static_cast<std::uint8_t>(length);
    return dot;
  }

  Result<std::uint8_t> take_octet(std::size_t& at) {
    const char c = text_[at];
    if (c == '\\') {
      const auto octet = unescape(text_, at);
      if (!octet) return base::fail(Errc::Invalid, at_character("bad escape", at));
      return *octet;
    }
    if (needs_escape(c)) {
      return base::fail(Errc::Invalid, at_character("octet that must be written \\DDD", at));
    }
    ++at;
    return static_cast<std::uint8_t>(c);
  }

  static std::unexpected<base::Error> too_long() {
    return base::fail(Errc::Invalid, "name longer than 255 octets");
  }

  std::string_view text_;
  NameOctets name_;
};

constexpr std::uint8_t root_octets[] = {0};

}  // namespace

Result<NameOctets> name_octets_from_text(std::string_view text, NameView origin) {
  if (text.empty()) return base::fail(Errc::Invalid, "empty name");
  NameBuilder builder(text);
  if (text == "@") {
    TIDEMARK_TRY_VOID(builder.append(origin.wire()));
    return builder.name();
  }
  if (text == ".") {
    TIDEMARK_TRY_VOID(builder.append(root_octets));
    return builder.name();
  }
  TIDEMARK_TRY(const bool absolute, builder.take_labels());
  TIDEMARK_TRY_VOID(builder.append(absolute ? ByteView(root_octets) : origin.wire()));
  return builder.name();
}

std::string name_octets_to_text(ByteView wire) {
  if (wire.size() == 1) return ".";
  std::string text;
  text.reserve(wire.size());
  for (std::size_t at = 0; wire[at] != 0; at += wire[at] + std::size_t{1}) {
    for (const std::uint8_t octet : wire.subspan(at + 1, wire[at])) {
      const char c = static_cast<char>(octet);
      if (octet <= 0x20 || octet >= 0x7f) {
        append_decimal_escape(text, octet);
        continue;
      }
      if (std::string_view("\"().;\\@$").contains(c)) text.push_back('\\');
      text.push_back(c);
    }
    text.push_back('.');
  }
  return text;
}

std::size_t wire_length(ByteView bytes) noexcept {
  std::size_t at = 0;
  while (at < bytes.size()) {
    const std::size_t label = bytes[at];
    if (label > label_octets_max) return 0;
    at += label + 1;
    if (at > name_octets_max) return 0;
    if (label == 0) return at;
  }
  return 0;
}

// Length octets are at most 63, below 'A': all octets of a name can be folded alike. Eight at a
// time; the arithmetic stays inside each octet as bit 7 is put aside first.
void fold_case(ByteView wire, std::uint8_t* into) noexcept {
  const std::span<std::uint8_t> folded(into, wire.size());
  const auto fold_eight = [&](std::size_t at) {
    constexpr std::uint64_t each = 0x0101010101010101;
    std::uint64_t octets;
    std::memcpy(&octets, &wire[at], 8);
    const std::uint64_t low = octets & (each * 0x7f);
    const std::uint64_t from_a = low + each * (0x80 - 'A');
    const std::uint64_t behind_z = low + each * (0x7f - 'Z');
    const std::uint64_t upper = (from_a & ~behind_z & ~octets) & (each * 0x80);
    octets |= upper >> 2;
    std::memcpy(&folded[at], &octets, 8);
  };
  if (wire.size() >= 8) {
    for (std::size_t at = 0; at + 8 < wire.size(); at += 8) fold_eight(at);
    return fold_eight(wire.size() - 8);  // some of them twice: that changes nothing
  }
  for (std::size_t at = 0; at < wire.size(); ++at) {
    const std::uint8_t octet = wire[at];
    const bool upper = octet >= 'A' && octet <= 'Z';
    folded[at] = static_cast<std::uint8_t>(upper ? octet | 0x20 : octet);
  }
}

std::size_t NameView::label_count() const noexcept {
  std::size_t count = 0;
  for (std::size_t at = 0; wire_[at] != 0; at += wire_[at] + std::size_t{1}) ++count;
  return count;
}

ByteView NameView::first_label() const noexcept { return wire_.subspan(1, wire_[0]); }

NameView NameView::parent() const noexcept {
  return NameView(wire_.subspan(wire_[0] + std::size_t{1}));
}

bool NameView::is_at_or_below(NameView ancestor) const noexcept {
  if (wire_.size() < ancestor.wire_.size()) return false;
  const std::size_t ahead = wire_.size() - ancestor.wire_.size();
  std::size_t at = 0;
  while (at < ahead) at += wire_[at] + std::size_t{1};
  return at == ahead && std::ranges::equal(wire_.subspan(ahead), ancestor.wire_);
}

bool NameView::is_below(NameView ancestor) const noexcept {
  return wire_.size() > ancestor.wire_.size() && is_at_or_below(ancestor);
}

std::string NameView::to_text() const { return name_octets_to_text(wire_); }

bool operator==(NameView a, NameView b) noexcept {
  return base::as_text(a.wire()) == base::as_text(b.wire());
}

std::strong_ordering operator<=>(NameView a, NameView b) noexcept {
  const Labels left(a.wire());
  const Labels right(b.wire());
  const std::size_t shared = std::min(left.count(), right.count());
  for (std::size_t i = 0; i < shared; ++i) {
    const auto order = compare_octets(left.from_right(i), right.from_right(i));
    if (order != 0) return order;
  }
  return left.count() <=> right.count();
}

Name Name::root() { return Name(std::string(1, '\0')); }

Result<Name> Name::parse(std::string_view text) {
  if (text == "@") return base::fail(Errc::Invalid, "@ without an origin");
  return parse(text, NameView::trusted(root_octets));
}

Result<Name> Name::parse(std::string_view text, NameView origin) {
  TIDEMARK_TRY(const NameOctets name, name_octets_from_text(text, origin));
  return from_wire(name.view());
}

Result<Name> Name::from_wire(ByteView wire) {
  const std::size_t length = wire_length(wire);
  if (length == 0) return base::fail(Errc::Invalid, "not an uncompressed name");
  if (length != wire.size()) {
    return base::fail(Errc::Invalid, "octets behind the name from octet " + std::to_string(length));
  }
  std::array<std::uint8_t, name_octets_max> folded;
  fold_case(wire, folded.data());
  return Name(std::string(base::as_text(ByteView(folded).first(length))));
}

Result<Name> Name::child(std::string_view label) const {
  if (label.empty() || label.size() > label_octets_max) {
    return base::fail(Errc::Invalid, "a label has 1 to 63 octets");
  }
  if (label.size() + 1 + wire_.size() > name_octets_max) {
    return base::fail(Errc::Invalid, "name longer than 255 octets");
  }
  std::string wire(1, static_cast<char>(label.size()));
  std::ranges::transform(label, std::back_inserter(wire), to_lower);
  return Name(wire.append(wire_));
}

}  // namespace tidemark::dns
