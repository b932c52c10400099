#include "dns-edge/app/self_repair.hpp"

#include <algorithm>
#include <utility>

namespace tidemark::edge {

using fold::Agreement;
using namespace std::chrono_literals;

namespace {

constexpr std::chrono::nanoseconds source_retry = 1s;
constexpr std::string_view file_suffix = ".tmsnap", aside_suffix = ".diverged";

bool is_generation(std::string_view name) {
  return name.starts_with("snapshot-") && name.ends_with(file_suffix);
}

std::string place_of(const fold::Footprint& at) {
  return "offset " + std::to_string(at.offset) + ", version " + std::to_string(at.seq) + ", hash " +
         base::to_hex(at.state_hash);
}

bool same_state(const fold::Footprint& a, const fold::Footprint& b) {
  return a.seq == b.seq && a.state_hash == b.state_hash;
}

}  // namespace

std::vector<std::string> SelfRepair::step(consumer::Feeder& feeder) {
  Remarks remarks;
  if (!suspicion_) listen(feeder, remarks);
  if (!suspicion_) return remarks;
  if (rebuild_) {
    if (rebuild_->is_done()) judge(feeder, remarks);
  } else if (ports_.clock.steady() >= suspicion_->due) {
    begin(feeder);
  }
  return remarks;
}

// Only who follows the log can be compared: a node that is DIVERGED knows already that it is wrong.
void SelfRepair::listen(consumer::Feeder& feeder, Remarks& remarks) {
  const event::NodeState state = feeder.node_state();
  if (state != event::NodeState::Live && state != event::NodeState::CatchingUp) return;
  for (const auto& [name, heard] : feeder.control().controllers()) {
    const Agreement agreement = fold::compare(feeder.footprints(), heard.said);
    if (agreement == Agreement::Unknown) continue;
    if (agreement == Agreement::Same) {
      if (overruled_.erase(name) != 0) trouble_.clear();
      continue;
    }
    if (!overruled_.contains(name)) return suspect(feeder, heard.said, agreement, remarks);
  }
}

void SelfRepair::suspect(consumer::Feeder& feeder, const event::Heartbeat& said, Agreement what,
                         Remarks& remarks) {
  const fold::Footprint own = *feeder.footprints().at_offset(said.offset);
  const auto jitter = std::chrono::milliseconds(
      ports_.random.next() % static_cast<std::uint64_t>(repair_jitter_max.count()));
  suspicion_.emplace(Suspicion{said, own, what, feeder.version_at(dataset::Seq(own.seq)),
                               ports_.clock.steady() + jitter});
  const bool history = what == Agreement::HistoryDiffers;
  trouble_ = std::string(history ? "another history" : "another state") + " than controller " +
             said.controller + " at offset " + std::to_string(said.offset);
  remarks.push_back("this node holds " + trouble_ + ": here " + place_of(own) + ", chain " +
                    base::to_hex(own.chain) + "; there version " + std::to_string(said.seq) +
                    ", hash " + base::to_hex(said.state_hash) + ", chain " +
                    base::to_hex(said.chain) +
                    ". Serving goes on; the log is folded anew to see who is right");
  if (history) {
    feeder.distrust("changes: the records up to offset " + std::to_string(said.offset) +
                    " are not those that controller " + said.controller +
                    " read: the log was cut and written on, or is another one");
  }
}

void SelfRepair::begin(const consumer::Feeder& feeder) {
  auto source = ports_.log.source(ports_.dataset + ".changes");
  if (!source) {
    suspicion_->due = ports_.clock.steady() + source_retry;
    return;
  }
  const auto pin = feeder.status().pin;
  rebuild_ = std::make_unique<consumer::Rebuild>(
      consumer::RebuildPlan{.dataset = ports_.dataset,
                            .seed = ports_.seed,
                            .compare_offset = suspicion_->own.offset,
                            .pin_seq = pin ? std::optional(pin->seq) : std::nullopt,
                            .suspect = suspicion_->version,
                            .next_start = [this](std::size_t n) { return oldest_file(n); }},
      *std::move(source));
}

// In the Rebuild's thread.
std::optional<consumer::SnapshotContents> SelfRepair::oldest_file(std::size_t attempt) const {
  return consumer::own_file(ports_.disk, ports_.dataset, ports_.seed, attempt);
}

void SelfRepair::judge(consumer::Feeder& feeder, Remarks& remarks) {
  auto made = rebuild_->take();
  rebuild_.reset();
  const event::Heartbeat& said = suspicion_->said;
  const fold::Footprint& own = suspicion_->own;
  if (!made) {
    return overrule(feeder, "it cannot be said who is right: " + made.error().trail, remarks);
  }
  if (!made->at_compare) {
    feeder.distrust("changes: the log ends before offset " + std::to_string(own.offset) +
                    ", which was folded here");
    return overrule(feeder, "the log ends before that place: it was cut", remarks);
  }
  const fold::Footprint log_says = *made->at_compare;
  if (log_says.chain == said.chain && !same_state(log_says, own)) {
    return adopt(feeder, *std::move(made), remarks);
  }
  if (log_says.chain != own.chain) {
    if (log_says.chain == said.chain) return adopt(feeder, *std::move(made), remarks);
    feeder.distrust("changes: the log holds other records than were folded here");
    return overrule(feeder, "the log holds a third history", remarks);
  }
  if (!same_state(log_says, own)) return adopt(feeder, *std::move(made), remarks);
  if (!made->from_beginning) {
    return overrule(feeder,
                    "it cannot be said who is right: the log's beginning is gone, and the oldest "
                    "file here agrees with what this node holds. Compare: tidemark fleet diverged",
                    remarks);
  }
  if (feeder.node_state() == event::NodeState::Diverged) feeder.recheck();
  overrule(feeder,
           "this node is right: folding the log anew gives what it holds. Set the state folder of "
           "controller " +
               said.controller + " aside (not its outbox) and start it again",
           remarks);
}

void SelfRepair::overrule(consumer::Feeder&, std::string why, Remarks& remarks) {
  const std::string& controller = suspicion_->said.controller;
  trouble_ += ": " + why;
  remarks.push_back("controller " + controller + " differs from this node: " + why);
  overruled_.insert(controller);
  suspicion_.reset();
}

void SelfRepair::adopt(consumer::Feeder& feeder, consumer::Rebuilt made, Remarks& remarks) {
  const event::Heartbeat& said = suspicion_->said;
  const fold::Footprint log_says = *made.at_compare;
  last_ = Done{said.controller, said.seq, suspicion_->own.state_hash, log_says.state_hash,
               std::move(made.differences)};
  ++rebuilds_;
  remarks.push_back("rebuilt from the log: at version " + std::to_string(log_says.seq) +
                    " the hash is " + base::to_hex(log_says.state_hash) + ", here it was " +
                    base::to_hex(suspicion_->own.state_hash) +
                    "; the wrong state is set aside, the right one served as soon as it has "
                    "caught up");
  for (const dataset::Difference& one : last_->differences) {
    remarks.push_back("it differed in " + to_text(one));
  }
  const bool agrees = log_says.seq == said.seq && log_says.state_hash == said.state_hash;
  if (agrees) {
    trouble_.clear();
  } else {  // neither was right
    trouble_ += ": controller " + said.controller + " is wrong too";
    overruled_.insert(said.controller);
  }
  suspicion_.reset();
  const auto pinned = std::move(made.pinned);
  feeder.bootstrap(
      consumer::SnapshotContents{std::move(made.state), ports_.log.identity(), {}, -1, {}});
  if (pinned) feeder.provide(*pinned);
  took_ = set_aside_due_ = true;
}

std::vector<std::string> SelfRepair::saved(const std::string& file) {
  Remarks remarks;
  if (!std::exchange(set_aside_due_, false)) return remarks;
  const auto names = ports_.disk.list();
  if (!names) return {names.error().trail};
  Remarks aside;
  for (const std::string& name : *names) {
    if (name.ends_with(aside_suffix)) aside.push_back(name);
    if (!is_generation(name) || name >= file) continue;
    const std::string renamed = name + std::string(aside_suffix);
    if (const auto moved = ports_.disk.rename(name, renamed); !moved) {
      remarks.push_back(moved.error().trail);
      continue;
    }
    aside.push_back(renamed);
    remarks.push_back("snapshot file " + name + " holds the wrong state: set aside as " + renamed);
  }
  std::ranges::sort(aside, std::greater<>{});
  for (std::size_t i = diverged_files_max; i < aside.size(); ++i) {
    if (const auto removed = ports_.disk.remove(aside[i]); !removed) {
      remarks.push_back(removed.error().trail);
    }
  }
  return remarks;
}

}  // namespace tidemark::edge
