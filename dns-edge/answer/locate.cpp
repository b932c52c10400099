#include "dns-edge/answer/locate.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace tidemark::edge {

namespace {

using dataset::Node;
using dataset::Zone;
using dns::NameView;

// The walk from the apex down: to the name, to what hides it, or to where it ends.
struct Walk {
  enum class End : std::uint8_t { Name, Cut, CutItself, Dname, Encloser } end;
  Node node;
  std::uint64_t hash;  // of the node's name
};

Walk walk(const Lookup& lookup, dns::RrType type) noexcept {
  const std::size_t all = lookup.path().labels();
  std::size_t labels = lookup.apex_labels();
  std::uint64_t hash = lookup.path().hash(labels);
  Node found = lookup.zone()->apex();
  while (labels < all) {
    if (found.owns_dname()) return {Walk::End::Dname, found, hash};
    const std::uint64_t encloser_hash = hash;
    const auto next = lookup.find(++labels, hash);
    if (!next) return {Walk::End::Encloser, found, encloser_hash};
    found = *next;
    if (!found.owns_ns()) continue;
    const bool itself = labels == all && type == dns::RrType::Ds;
    return {itself ? Walk::End::CutItself : Walk::End::Cut, found, hash};
  }
  return {Walk::End::Name, found, hash};
}

Match at_wildcard_or_nothing(const Lookup& lookup, const Walk& walked) noexcept {
  const Node& encloser = walked.node;
  if (!encloser.has_wildcard_child()) return {MatchKind::NoName, encloser};
  std::array<std::uint8_t, dns::name_octets_max + 2> wire;
  const auto parent = encloser.name().wire();
  wire[0] = 1;
  wire[1] = '*';
  std::ranges::copy(parent, wire.begin() + 2);
  const auto name = NameView::trusted(base::ByteView(wire).first(parent.size() + 2));
  const std::uint64_t hash = lookup.path().wildcard_below(walked.hash);
  const auto wildcard = Zone::find(lookup.zone()->probe(hash), name);
  if (!wildcard) return {MatchKind::NoName, encloser};
  return {MatchKind::Wildcard, *wildcard};
}

MatchKind kind_of(Walk::End end) noexcept {
  switch (end) {
    case Walk::End::Name:      return MatchKind::Name;
    case Walk::End::Cut:       return MatchKind::Cut;
    case Walk::End::CutItself: return MatchKind::CutItself;
    case Walk::End::Dname:     return MatchKind::Dname;
    case Walk::End::Encloser:  break;
  }
  return MatchKind::NoName;
}

}  // namespace

Match locate(const Lookup& lookup, dns::RrType type) noexcept {
  const Walk walked = walk(lookup, type);
  if (walked.end == Walk::End::Encloser) return at_wildcard_or_nothing(lookup, walked);
  return {kind_of(walked.end), walked.node};
}

std::optional<dataset::TableProbe> locate_or_probe(const Lookup& lookup, dns::RrType type,
                                                   std::optional<Match>& match) noexcept {
  const Walk walked = walk(lookup, type);
  if (walked.end == Walk::End::Encloser && walked.node.has_wildcard_child()) {
    return lookup.zone()->probe(lookup.path().wildcard_below(walked.hash));
  }
  match = Match{kind_of(walked.end), walked.node};
  return std::nullopt;
}

}  // namespace tidemark::edge
