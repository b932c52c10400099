// The steps of an Arrival: what is asked for ahead of respond().
#include "dns-edge/answer/respond.hpp"

namespace tidemark::edge {

using dns::NameView;
using dns::RrType;

void Arrival::begin(base::ByteView message, const consumer::Snapshot& snapshot) noexcept {
  verdict_ = dns::parse_query(message, query_);
  match_.reset();
  next_ = Next::Nothing;
  is_looked_for_ = verdict_ == dns::QueryVerdict::Answer && query_.qclass == dns::RrClass::In;
  if (is_looked_for_) lookup_.begin(snapshot.dataset, query_.qname(), query_.qtype);
}

void Arrival::settle(const consumer::Snapshot& snapshot) noexcept {
  if (!is_looked_for_ || !lookup_.zone()) return;
  if (const auto wildcard = locate_or_probe(lookup_, query_.qtype, match_)) {
    next_ = Next::Wildcard;
    next_probe_ = *wildcard;
    return next_probe_.prefetch();
  }
  const dataset::Node& node = match_->node;
  const bool cut = match_->kind == MatchKind::Cut;
  if (!cut && (match_->kind != MatchKind::Name || !node.owns_cname())) return;
  const auto leads = node.find(cut ? RrType::Ns : RrType::Cname);
  if (!leads) return;
  next_ = Next::Name;
  next_lookup_.begin(snapshot.dataset, NameView::trusted(leads->first_rdata()), query_.qtype);
  next_lookup_.probe();
}

void Arrival::prefetch_next() const noexcept {
  if (next_ == Next::Wildcard) dataset::Zone::prefetch(next_probe_);
  if (next_ == Next::Name) next_lookup_.prefetch();
}

}  // namespace tidemark::edge
