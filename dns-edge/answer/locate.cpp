#include "dns-edge/answer/locate.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace tidemark::edge {

namespace {

using dataset::Node;
using dataset::Zone;
using dns::NameView;

// Where each end of a name begins: ends by number of labels, without walking from the left again.
class Ends {
 public:
  explicit Ends(NameView name) noexcept : wire_(name.wire()) {
    for (std::size_t at = 0; wire_[at] != 0; at += wire_[at] + std::size_t{1}) {
      starts_[labels_++] = static_cast<std::uint8_t>(at);
    }
  }
  std::size_t labels() const noexcept { return labels_; }
  NameView end(std::size_t labels) const noexcept {
    return NameView::trusted(wire_.subspan(starts_[labels_ - labels]));
  }

 private:
  base::ByteView wire_;
  std::array<std::uint8_t, dns::labels_max + 1> starts_;
  std::size_t labels_ = 0;
};

Match at_wildcard_or_nothing(const Zone& zone, const Node& encloser) noexcept {
  if (!encloser.has_wildcard_child()) return {MatchKind::NoName, encloser};
  std::array<std::uint8_t, dns::name_octets_max + 2> wire;
  const auto parent = encloser.name().wire();
  wire[0] = 1;
  wire[1] = '*';
  std::ranges::copy(parent, wire.begin() + 2);
  const auto name = NameView::trusted(base::ByteView(wire).first(parent.size() + 2));
  const auto wildcard = zone.find(name);
  if (!wildcard) return {MatchKind::NoName, encloser};
  return {MatchKind::Wildcard, *wildcard};
}

}  // namespace

Match locate(const Zone& zone, NameView name, dns::RrType type) noexcept {
  const Ends ends(name);
  Node found = zone.apex();
  for (std::size_t labels = zone.name().label_count(); labels < ends.labels();) {
    if (found.owns_dname()) return {MatchKind::Dname, found};
    ++labels;
    const auto next = zone.find(ends.end(labels));
    if (!next) return at_wildcard_or_nothing(zone, found);
    found = *next;
    if (!found.owns_ns()) continue;
    const bool itself = labels == ends.labels() && type == dns::RrType::Ds;
    return {itself ? MatchKind::CutItself : MatchKind::Cut, found};
  }
  return {MatchKind::Name, found};
}

}  // namespace tidemark::edge
