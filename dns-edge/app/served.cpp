#include "dns-edge/app/served.hpp"

namespace tidemark::edge {

using base::Result;
using consumer::Snapshot;

Result<void> Served::open(std::unique_ptr<const Snapshot> first) {
  published_ = std::make_unique<PublishedSnapshot>(std::move(first), settings_.workers);
  auto opened = Workers::open(settings_, *published_);
  if (!opened) {
    published_.reset();
    return std::unexpected(std::move(opened).error());
  }
  workers_ = *std::move(opened);
  shown_.with([this](const Workers*& shown) { shown = workers_.get(); });
  return {};
}

Result<void> Served::publish(std::unique_ptr<const Snapshot> snapshot) {
  newest_ = Active{snapshot->dataset.version(), snapshot->health.position()};
  auto share = std::make_optional(*snapshot);
  if (!published_) {
    TIDEMARK_TRY_VOID(open(std::move(snapshot)));
    newest_snapshot_.with([&](auto& at) { at.swap(share); });
    active_ = newest_;
    return {};
  }
  // Swapped, so that the older share is given back behind the lock, not under it.
  newest_snapshot_.with([&](auto& at) { at.swap(share); });
  published_->publish(std::move(snapshot));
  passing_.push_back({published_->publications(), *newest_});
  settle();
  return {};
}

void Served::republish(const dns::CookieSecrets& secrets) {
  auto next = std::make_unique<Snapshot>(published_->newest());
  next->cookie_secrets = secrets;
  published_->publish(std::move(next));
  settle();
}

bool Served::settle() {
  if (!published_) return false;
  retired_ = published_->reclaim();
  const std::uint64_t passed = published_->passed();
  while (!passing_.empty() && passing_.front().publication <= passed) {
    active_ = passing_.front().what;
    passing_.pop_front();
  }
  return !passing_.empty() || retired_ != 0;
}

void Served::stop() {
  shown_.with([](const Workers*& shown) { shown = nullptr; });
  workers_.reset();
}

std::uint64_t Served::publications() const noexcept {
  return published_ ? published_->publications() + 1 : 0;
}

std::vector<net::SocketAddress> Served::addresses() const {
  return workers_ ? workers_->addresses() : std::vector<net::SocketAddress>();
}

Served::Totals Served::totals() const noexcept {
  Totals totals;
  if (!workers_) return totals;
  for (std::size_t i = 0; i < workers_->size(); ++i) {
    const auto& responses = workers_->counters(i).responses;
    for (const Counter& one : responses) totals.answers += one.value();
    totals.servfail += responses[static_cast<std::size_t>(dns::Rcode::ServFail)].value();
    totals.nxdomain += responses[static_cast<std::size_t>(dns::Rcode::NxDomain)].value();
  }
  return totals;
}

}  // namespace tidemark::edge
