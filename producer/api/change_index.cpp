#include "producer/api/change_index.hpp"

#include <algorithm>

#include "producer/decide/diff.hpp"

namespace tidemark::producer {
namespace {

std::string pool_of(const event::PoolEdit& edit) {
  if (const auto* put = std::get_if<event::PutPool>(&edit)) return put->pool.name;
  if (const auto* gone = std::get_if<event::DeletePool>(&edit)) return gone->pool;
  if (const auto* set = std::get_if<event::PutOverride>(&edit)) return set->override_.pool;
  return std::get<event::DeleteOverride>(edit).pool;
}

std::vector<dns::Name> owners_of(const event::ChangeSet& change) {
  std::vector<dns::Name> owners;
  for (const event::ZoneEdits& zone : change.zones) {
    for (const event::ZoneEdit& edit : zone.edits) {
      if (owners.size() == edit_owners_max) return owners;
      if (const auto* put = std::get_if<event::PutRrset>(&edit)) {
        owners.push_back(put->rrset.owner);
      } else if (const auto* gone = std::get_if<event::DeleteRrset>(&edit)) {
        owners.push_back(gone->owner);
      }
    }
  }
  return owners;
}

bool matches(const JudgedChange& change, const ChangeFilter& filter) {
  return (!filter.zone || std::ranges::find(change.zones, *filter.zone) != change.zones.end()) &&
         (!filter.name || std::ranges::find(change.owners, *filter.name) != change.owners.end()) &&
         (!filter.author || change.author == *filter.author) &&
         (!filter.since_offset || change.offset > *filter.since_offset) &&
         (!filter.since_ms || change.appended_ms >= *filter.since_ms);
}

}  // namespace

void ChangeIndex::add(const consumer::FoldedChange& folded) {
  if (std::holds_alternative<fold::Twin>(folded.judgement)) return;
  const event::ChangeSet& change = folded.change;
  JudgedChange judged{.change_id = change.change_id,
                      .offset = folded.offset.value(),
                      .appended_ms = folded.appended.value(),
                      .author = change.author,
                      .reason = change.reason,
                      .zones = {},
                      .pools = {},
                      .owners = owners_of(change),
                      .edits = to_lines(change, edit_lines_max),
                      .origin = change.origin};
  for (const event::ZoneEdits& zone : change.zones) judged.zones.push_back(zone.zone);
  for (const event::PoolEdit& edit : change.pools) judged.pools.push_back(pool_of(edit));
  if (const auto* accepted = std::get_if<fold::Accepted>(&folded.judgement)) {
    judged.seq = accepted->version.seq.value();
  } else if (const auto* rejected = std::get_if<fold::Rejected>(&folded.judgement)) {
    judged.rule = fold::to_text(rejected->reason);
    judged.message = rejected->detail;
  }
  place_.insert_or_assign(change.change_id.value(), forgotten_ + changes_.size());
  changes_.push_back(std::move(judged));
  if (changes_.size() > changes_max_) {
    place_.erase(changes_.front().change_id.value());
    changes_.pop_front();
    ++forgotten_;
  }
}

const JudgedChange* ChangeIndex::find(event::ChangeId change_id) const {
  const auto place = place_.find(change_id.value());
  return place == place_.end() ? nullptr : &changes_[place->second - forgotten_];
}

std::vector<const JudgedChange*> ChangeIndex::select(const ChangeFilter& filter) const {
  std::vector<const JudgedChange*> selected;
  for (auto at = changes_.rbegin(); at != changes_.rend(); ++at) {
    if (selected.size() >= filter.limit) break;
    if (filter.since_offset && at->offset <= *filter.since_offset) break;
    if (matches(*at, filter)) selected.push_back(&*at);
  }
  return selected;
}

}  // namespace tidemark::producer
