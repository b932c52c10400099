#include <algorithm>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "core/dns/canonical_order.hpp"
#include "core/dns/name.hpp"
#include "tests/property/core/dns/any_rdata.hpp"
#include "tests/support/generators.hpp"

namespace tidemark::dns {
namespace {

using base::Bytes;

// Names that share labels, so that order and ancestry have something to do.
rc::Gen<Name> near_name() {
  return rc::gen::map(
      rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
          "a", "A", "b", "ab", "\\000", "\\001", "\\000a", "\\001\\001", "*", "-", "\\255", "z")),
      [](std::vector<std::string> labels) {
        labels.resize(std::min<std::size_t>(labels.size(), 5));
        std::string text;
        for (const std::string& label : labels) text += label + ".";
        return Name::parse(text.empty() ? "." : text).value();
      });
}

RC_GTEST_PROP(Name, SurvivesTextAndBack, ()) {
  const Name name = *support::any_name();
  RC_ASSERT(Name::parse(name.to_text()).value() == name);
  RC_ASSERT(Name::from_wire(name.wire()).value() == name);
}

RC_GTEST_PROP(Name, FromAnyTextIsRefusedOrSurvives, (const std::string& text)) {
  const auto name = Name::parse(text);
  if (!name) return;
  RC_ASSERT(wire_length(name->wire()) == name->wire().size());
  RC_ASSERT(Name::parse(name->to_text()).value() == *name);
}

RC_GTEST_PROP(Name, FromAnyOctetsIsRefusedOrSurvives, ()) {
  const Bytes octets = *any_octets(300);
  const std::size_t length = wire_length(octets);
  const auto name = Name::from_wire(octets);
  RC_ASSERT(name.has_value() == (length != 0 && length == octets.size()));
  if (name) RC_ASSERT(Name::parse(name->to_text()).value() == *name);
}

RC_GTEST_PROP(FoldCase, ChangesTheLettersOfAsciiAlone, ()) {
  const Bytes octets = *any_octets(40);
  Bytes folded(octets.size());
  fold_case(octets, folded.data());
  for (std::size_t i = 0; i < octets.size(); ++i) {
    const bool upper = octets[i] >= 'A' && octets[i] <= 'Z';
    RC_ASSERT(folded[i] == octets[i] + (upper ? 32 : 0));
  }
}

RC_GTEST_PROP(Name, HasATotalOrder, ()) {
  const Name a = *near_name(), b = *near_name(), c = *near_name();
  RC_ASSERT((a <=> b == 0) == (a == b));
  RC_ASSERT((a < b) == (b > a));
  if (a < b && b < c) RC_ASSERT(a < c);
  if (a.view().is_below(b)) RC_ASSERT(b < a);
}

// Nothing stands between a name and what lies below it.
RC_GTEST_PROP(Name, KeepsItsDescendantsTogether, ()) {
  const Name top = *near_name(), other = *near_name();
  const auto child = top.child("zz");
  if (!child || other.view().is_at_or_below(top)) return;
  RC_ASSERT((other < top) == (other < *child));
}

RC_GTEST_PROP(CanonicalOrder, IsThatOfNamesThenTypes, ()) {
  const auto names =
      *rc::gen::container<std::vector<Name>>(rc::gen::oneOf(near_name(), support::any_name()));
  std::vector<OwnerAndType> items;
  for (const Name& name : names) {
    items.push_back({name, static_cast<RrType>(*rc::gen::inRange(0, 300))});
  }
  std::vector<std::size_t> expected(items.size());
  for (std::size_t i = 0; i < expected.size(); ++i) expected[i] = i;
  std::ranges::stable_sort(expected, [&](std::size_t a, std::size_t b) {
    if (items[a].owner != items[b].owner) return items[a].owner < items[b].owner;
    return items[a].type < items[b].type;
  });
  RC_ASSERT(canonical_order(items) == expected);
}

RC_GTEST_PROP(Name, IsBelowExactlyItsAncestors, ()) {
  const Name a = *near_name(), b = *near_name();
  bool found = false;
  for (NameView above = a; !found; above = above.parent()) {
    found = above == b.view();
    if (above.is_root()) break;
  }
  RC_ASSERT(a.view().is_at_or_below(b) == found);
}

}  // namespace
}  // namespace tidemark::dns
