#include "dns-edge/answer/lookup.hpp"

#include <algorithm>

namespace tidemark::edge {

using dataset::Node;
using dataset::Zone;
using dns::NameView;

void Lookup::begin(const dataset::Dataset& dataset, NameView name, dns::RrType type) noexcept {
  path_.set(name, dataset.hash_seed());
  ahead_ = probe_count_ = 0;
  zone_ = dataset.enclosing_zone(path_);
  if (!zone_) return;
  if (type == dns::RrType::Ds && zone_->name().wire().size() == name.wire().size()) {
    if (const auto parent = dataset.zone_above(name)) zone_ = parent;  // RFC 4035 section 3.1.4.1
  }
  apex_labels_ = zone_->name().label_count();
  // Below the deepest name there is nothing to wait for.
  const std::size_t deepest = std::min(path_.labels(), zone_->labels_deepest());
  ahead_ = deepest > apex_labels_ ? std::min(deepest - apex_labels_, probes_max) : 0;
  for (std::size_t i = 0; i < ahead_; ++i) zone_->prefetch_way(path_.hash(apex_labels_ + i + 1));
}

void Lookup::probe() noexcept {
  for (; probe_count_ < ahead_; ++probe_count_) {
    probes_[probe_count_] = zone_->probe(path_.hash(apex_labels_ + probe_count_ + 1));
    probes_[probe_count_].prefetch();
  }
}

void Lookup::prefetch() const noexcept {
  for (std::size_t i = 0; i < probe_count_; ++i) Zone::prefetch(probes_[i]);
}

std::optional<Node> Lookup::find(std::size_t labels, std::uint64_t& above) const noexcept {
  const std::size_t index = labels - apex_labels_ - 1;
  above = labels <= dataset::NamePath::hashed_labels_max ? path_.hash(labels)
                                                         : path_.below(above, labels);
  const NameView name = path_.end(labels);
  if (index < probe_count_) return Zone::find(probes_[index], name);
  if (labels > zone_->labels_deepest()) return std::nullopt;
  return Zone::find(zone_->probe(above), name);
}

}  // namespace tidemark::edge
