#include "consumer/history/unlike.hpp"

#include <map>
#include <utility>

#include "core/dns/rdata.hpp"
#include "schemas/text.hpp"

namespace tidemark::consumer {

namespace {

using Texts = std::map<std::string, std::string>;  // object -> as it is

std::string text_of(const dns::Rrset& rrset) {
  std::string text = "TTL " + std::to_string(rrset.ttl.value());
  for (const base::Bytes& one : rrset.rdata) text += "; " + dns::rdata_to_text(rrset.type, one);
  return text;
}

std::string text_of(event::PoolEdit edit) {
  event::ChangeSet alone{
      .change_id = event::ChangeId({}), .author = {}, .author_epoch = event::AuthorEpoch(0)};
  alone.pools.push_back(std::move(edit));
  return schemas::to_json(alone);
}

class Comparison {
 public:
  explicit Comparison(std::size_t limit) : limit_(limit) {}

  void note(std::string object, std::string left, std::string right) {
    if (left != right && found_.size() < limit_) {
      found_.push_back({std::move(object), std::move(left), std::move(right)});
    }
  }
  void note_all(const std::string& prefix, const Texts& left, const Texts& right) {
    Texts objects = left;
    objects.insert(right.begin(), right.end());
    for (const auto& [object, text] : objects) {
      const auto a = left.find(object), b = right.find(object);
      note(prefix + object, a == left.end() ? "" : a->second, b == right.end() ? "" : b->second);
    }
  }
  bool full() const noexcept { return found_.size() == limit_; }
  std::vector<Unlike> take() && { return std::move(found_); }

 private:
  const std::size_t limit_;
  std::vector<Unlike> found_;
};

Texts texts_of(const std::optional<dataset::Zone>& zone) {
  Texts texts;
  if (!zone) return texts;
  for (const dns::Rrset& rrset : zone->rrsets()) {
    texts.emplace(rrset.owner.to_text() + " " + dns::to_text(rrset.type), text_of(rrset));
  }
  const dataset::ZoneSettings settings = zone->settings();
  texts.emplace("settings", std::to_string(settings.removal_percent_max) + " % of at least " +
                                std::to_string(settings.removal_rrsets_min) + ", TTL up to " +
                                std::to_string(settings.ttl_seconds_ceiling));
  return texts;
}

void compare_zones(const dataset::Dataset& left, const dataset::Dataset& right,
                   Comparison& comparison) {
  std::map<dns::Name, std::pair<std::optional<dataset::Zone>, std::optional<dataset::Zone>>> zones;
  for (const dataset::Zone& zone : left.zones()) zones[dns::Name(zone.name())].first = zone;
  for (const dataset::Zone& zone : right.zones()) zones[dns::Name(zone.name())].second = zone;
  for (const auto& [name, pair] : zones) {
    if (comparison.full()) return;
    const auto& [a, b] = pair;
    if (a && b && a->hash() == b->hash()) continue;
    comparison.note_all("zone " + name.to_text() + ": ", texts_of(a), texts_of(b));
  }
}

Texts pools_of(const dataset::Dataset& dataset) {
  Texts texts;
  for (const dataset::PoolView& pool : dataset.pools()) {
    texts.emplace("pool " + pool.pool().name, text_of(event::PutPool{pool.pool()}));
  }
  for (const event::Override& one : dataset.overrides()) {
    texts.emplace("override " + one.pool + "/" + one.endpoint, text_of(event::PutOverride{one}));
  }
  return texts;
}

}  // namespace

std::vector<Unlike> find_unlike(const dataset::Dataset& left, const dataset::Dataset& right,
                                std::size_t limit) {
  Comparison comparison(limit);
  compare_zones(left, right, comparison);
  comparison.note_all("", pools_of(left), pools_of(right));
  return std::move(comparison).take();
}

}  // namespace tidemark::consumer
