#include "producer/app/file_bootstrap.hpp"

#include <algorithm>
#include <utility>

namespace tidemark::producer {

using consumer::ChainCheck;
using consumer::SnapshotSource;
using event::NodeState;

namespace {
constexpr std::size_t sources_max = 32;
}

FileBootstrap::FileBootstrap(Ports ports, std::string dataset, dataset::HashSeed seed,
                             Sources sources)
    : ports_(ports),
      topic_(dataset + ".changes"),
      sources_(std::move(sources)),
      bootstrapper_(ports.disk, ports.clock, ports.random, consumer::lineage_of(dataset), seed,
                    {}) {}

std::vector<std::string> FileBootstrap::step(consumer::Feeder& feeder, const Urls& edges) {
  std::vector<std::string> remarks = bootstrapper_.take_remarks();
  if (!is_lost(feeder)) {
    bootstrapper_.cancel();
    drop_found();
    return remarks;
  }
  if (check_) {
    judge(feeder, remarks);
  } else if ((found_ = bootstrapper_.take_found())) {
    const fold::State& state = found_->contents.state;
    check_.emplace(ports_.log, topic_, state.offset, state.last_record,
                   found_->contents.log_identity);
  } else {
    request(feeder, edges, remarks);
  }
  return remarks;
}

// From the day that the position was gone until the log is followed again: in between it is asked.
bool FileBootstrap::is_lost(const consumer::Feeder& feeder) {
  const NodeState state = feeder.node_state();
  if (state == NodeState::Diverged || state == NodeState::Live || state == NodeState::Halted) {
    lost_ = told_ = false;
  } else if (feeder.status().needs_bootstrap) {
    lost_ = true;
  }
  return lost_;
}

void FileBootstrap::request(const consumer::Feeder& feeder, const Urls& edges,
                            std::vector<std::string>& remarks) {
  const consumer::FeederStatus at = feeder.status();
  std::vector<SnapshotSource> sources = sources_.named;
  std::set<std::string> known{sources_.own_url};
  for (const SnapshotSource& source : sources) known.insert(to_text(source));
  const auto add = [&](SnapshotSource::Kind kind, const std::string& text) {
    auto url = consumer::base_url(text);
    if (!url || sources.size() >= sources_max) return;
    SnapshotSource source{kind, *std::move(url), {}};
    if (known.insert(to_text(source)).second) sources.push_back(std::move(source));
  };
  for (const std::string& url : edges()) add(SnapshotSource::Kind::Peer, url);
  for (const auto& [controller, announce] : feeder.control().announcements()) {
    for (const std::string& url : announce.urls) add(SnapshotSource::Kind::Announced, url);
  }
  if (!std::exchange(told_, true)) {
    remarks.push_back("the log begins at offset " + std::to_string(at.log_first.value_or(0)) +
                      ", and what is folded here ends at " + std::to_string(at.offset) +
                      ": looking for a snapshot file, " + std::to_string(sources.size()) +
                      " sources and own older files");
  }
  consumer::Wanted wanted;
  wanted.seq_min = std::max<std::uint64_t>(at.version.seq.value(), 1);
  // The record behind it is enough (ChainCheck).
  wanted.offset_min = std::max<std::int64_t>(at.log_first.value_or(0) - 1, at.offset + 1);
  wanted.log_identity = ports_.log.identity();
  wanted.own_files = true;
  wanted.refused = refused_;
  bootstrapper_.want(std::move(wanted), std::move(sources));
}

void FileBootstrap::judge(consumer::Feeder& feeder, std::vector<std::string>& remarks) {
  const ChainCheck::Verdict verdict = check_->step();
  if (verdict == ChainCheck::Verdict::Unknown) return;
  refused_.insert(found_->sha256);  // should it not do: not this one once more
  const fold::State& state = found_->contents.state;
  if (verdict == ChainCheck::Verdict::Other) {
    remarks.push_back(found_->source + " is not of this log: " + check_->why());
    return drop_found();
  }
  remarks.push_back("bootstrap: version " + std::to_string(state.dataset.version().seq.value()) +
                    " at offset " + std::to_string(state.offset) + " from " + found_->source +
                    " (" + std::to_string(found_->octets.size()) + " octets, verified)");
  feeder.bootstrap(std::move(found_->contents));
  drop_found();
}

void FileBootstrap::drop_found() {
  check_.reset();
  found_.reset();
}

}  // namespace tidemark::producer
