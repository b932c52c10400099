#include "dns-edge/answer/addresses.hpp"

namespace tidemark::edge {

namespace {

using base::ByteView;
using dataset::Node;
using dataset::RrsetView;
using dataset::Zone;
using dns::NameView;
using dns::RrType;

// Calls visit(target, address RRset, index of the NS record) for what `zone` holds at the targets.
template <class Visit>
void for_each_address(const Zone& zone, const RrsetView& ns, Visit&& visit) noexcept {
  std::size_t following = 0;
  ns.for_each_rdata([&](ByteView rdata) {
    const std::size_t index = following++;
    const auto target = NameView::trusted(rdata);
    if (!target.is_at_or_below(zone.name())) return;
    const auto node = zone.find(target);
    if (!node) return;
    for (const RrType type : {RrType::A, RrType::Aaaa}) {
      if (const auto rrset = node->find(type)) visit(target, *rrset, index);
    }
  });
}

}  // namespace

void put_referral(const Zone& zone, const Node& cut, const Placed& name,
                  ResponseWriter& out) noexcept {
  const auto ns = cut.find(RrType::Ns);
  out.put_ns(Section::Authority, *ns, cut.name(), name);
  for_each_address(zone, *ns, [&](NameView target, const RrsetView& rrset, std::size_t index) {
    if (!target.is_at_or_below(cut.name())) return;
    out.put_elsewhere(Section::Additional, rrset, target, end_of(name, cut.name()),
                      out.target_place(index));
  });
}

std::size_t put_addresses(const Addresses& addresses, std::size_t kept,
                          ResponseWriter& out) noexcept {
  if (addresses.which == Addresses::Which::None) return 0;
  const bool sibling = addresses.which == Addresses::Which::Sibling;
  const NameView owner = addresses.owner->name();
  const auto ns = addresses.owner->find(RrType::Ns);
  const NameView apex = addresses.zone->name();
  Placed known = out.question_name();
  if (known.name.is_at_or_below(apex)) known = end_of(known, apex);
  const ResponseWriter::Mark start = out.mark();
  std::size_t all = 0, left_out = 0;
  const auto put = [&](NameView target, const RrsetView& rrset, std::size_t index) {
    if (sibling && target.is_at_or_below(owner)) return;
    ++all;
    const ResponseWriter::Mark mark = out.mark();
    out.put_elsewhere(Section::Additional, rrset, target, known,
                      sibling ? out.target_place(index) : 0);
    if (!out.overflowed() && out.room() >= kept) return;
    out.rewind(mark);
    ++left_out;
  };
  for_each_address(*addresses.zone, *ns, put);
  if (sibling || left_out == 0) return left_out;
  out.rewind(start);
  return all;
}

}  // namespace tidemark::edge
