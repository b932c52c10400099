#include "dns-edge/answer/name_answer.hpp"

#include <bit>
#include <optional>

#include "core/health/verdict.hpp"
#include "dns-edge/answer/trace.hpp"

namespace tidemark::edge {

namespace {

using consumer::Snapshot;
using dataset::Node;
using dataset::PoolView;
using dataset::RrsetView;
using dns::RrType;

void put_members(const PoolView& pool, std::uint64_t mask, RrType type, std::uint32_t ttl,
                 const Placed& name, ResponseWriter& out) noexcept {
  for (; mask != 0; mask &= mask - 1) {
    const auto endpoint = static_cast<std::size_t>(std::countr_zero(mask));
    out.put_record(Section::Answer, name.name, name, type, ttl, pool.address(endpoint));
  }
}

void note_found(Trace* trace, RrType type) noexcept {
  if (trace == nullptr) return;
  trace->now().end = NameEnd::Answered;
  trace->now().found(type);
}

NameAnswer put_from_pool(const Snapshot& snapshot, RrType type, const Node& node,
                         const Placed& name, ResponseWriter& out, Trace* trace) noexcept {
  const auto reference = node.find(RrType::Pool);
  if (!reference) return NameAnswer::Nothing;
  const auto pool = snapshot.dataset.find_pool(reference->first_rdata());
  if (!pool) return NameAnswer::NoMember;
  const auto& masks = snapshot.health.masks(pool->slot());
  const bool v4 = type == RrType::A;
  const std::uint64_t members = v4 ? pool->members_v4() : pool->members_v6();
  const std::uint64_t chosen = (v4 ? masks.answer_v4 : masks.answer_v6) & members;
  if (trace != nullptr) {
    trace->now().pools[v4 ? 0 : 1] =
        TracedPool{*pool, type, reference->ttl().value(), members, chosen};
  }
  if (members == 0) return NameAnswer::Nothing;
  if (chosen == 0) return NameAnswer::NoMember;
  note_found(trace, type);
  put_members(*pool, chosen, type, reference->ttl().value(), name, out);
  return NameAnswer::Written;
}

// Of both families what there is; on UDP one suffices.
NameAnswer put_any_from_pool(const Snapshot& snapshot, Transport transport, const Node& node,
                             const Placed& name, ResponseWriter& out, Trace* trace) noexcept {
  const NameAnswer v4 = put_from_pool(snapshot, RrType::A, node, name, out, trace);
  if (v4 == NameAnswer::Written && transport == Transport::Udp) return v4;
  const NameAnswer v6 = put_from_pool(snapshot, RrType::Aaaa, node, name, out, trace);
  if (v4 == NameAnswer::Written || v6 == NameAnswer::Written) return NameAnswer::Written;
  return v4 == NameAnswer::Nothing ? v6 : v4;
}

NameAnswer put_any(const Snapshot& snapshot, Transport transport, const Node& node,
                   const Placed& name, ResponseWriter& out, Trace* trace) noexcept {
  std::optional<RrsetView> smallest;
  for (const RrsetView rrset : node) {
    if (rrset.type() == RrType::Pool) continue;
    if (transport == Transport::Tcp) {
      note_found(trace, rrset.type());
      out.put_rrset(Section::Answer, rrset, name.name, name);
    }
    const bool smaller = !smallest || rrset.rendered().size() < smallest->rendered().size();
    if (smaller || rrset.type() == RrType::Cname) smallest = rrset;
    if (rrset.type() == RrType::Cname && transport == Transport::Udp) break;
  }
  const bool pool = node.owns_pool();
  if (smallest && transport == Transport::Udp) {
    note_found(trace, smallest->type());
    out.put_rrset(Section::Answer, *smallest, name.name, name);
    return NameAnswer::Written;
  }
  if (!pool) return smallest ? NameAnswer::Written : NameAnswer::Nothing;
  const NameAnswer chosen = put_any_from_pool(snapshot, transport, node, name, out, trace);
  return smallest ? NameAnswer::Written : chosen;
}

}  // namespace

NameAnswer put_name_answer(const Snapshot& snapshot, RrType type, Transport transport,
                           const Node& node, const Placed& name, ResponseWriter& out,
                           Trace* trace) noexcept {
  if (type == RrType::Any) return put_any(snapshot, transport, node, name, out, trace);
  if (type == RrType::Pool) return NameAnswer::Nothing;
  const bool address = type == RrType::A || type == RrType::Aaaa;
  if (address && node.owns_pool()) return put_from_pool(snapshot, type, node, name, out, trace);
  const auto rrset = node.find(type);
  if (!rrset) return NameAnswer::Nothing;
  note_found(trace, type);
  out.put_rrset(Section::Answer, *rrset, name.name, name);
  return NameAnswer::Written;
}

}  // namespace tidemark::edge
