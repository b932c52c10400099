#include "consumer/bootstrap/bootstrapper.hpp"

#include <boost/asio/io_context.hpp>

namespace tidemark::consumer {

using base::Result;

namespace {

constexpr std::size_t remarks_max = 100;
constexpr std::chrono::nanoseconds climb_pause = std::chrono::milliseconds(200);  // at least

}  // namespace

// Asks and waits, on the thread that calls it; break_off() from any other ends the wait.
class Bootstrapper::Asker {
 public:
  Result<net::HttpResponse> ask(net::HttpCall call, std::chrono::milliseconds deadline) {
    const std::string place = net::to_text(call.url);
    Result<net::HttpResponse> outcome = base::fail(base::Errc::Unavailable, place + ": broken off");
    {
      const std::lock_guard held(lock_);
      if (broken_off_) return outcome;
      io_.restart();
    }
    const net::Ongoing exchange =
        net::fetch(io_, std::move(call), deadline,
                   [&outcome](Result<net::HttpResponse> came) { outcome = std::move(came); });
    io_.run();
    return outcome;
  }
  void break_off() {
    const std::lock_guard held(lock_);
    broken_off_ = true;
    io_.stop();
  }
  void allow() {
    const std::lock_guard held(lock_);
    broken_off_ = false;
  }

 private:
  std::mutex lock_;
  bool broken_off_ = false;
  boost::asio::io_context io_{1};
};

Bootstrapper::Bootstrapper(base::Disk& disk, base::Clock& clock, base::Random& random,
                           dataset::Lineage lineage, dataset::HashSeed seed, CallTerms terms)
    : asker_(std::make_unique<Asker>()),
      thread_([this, &disk, &clock, &random, lineage, seed, terms = std::move(terms)] {
        work(disk, clock, random, lineage, seed, terms);
      }) {}

Bootstrapper::~Bootstrapper() {
  {
    const std::lock_guard held(lock_);
    ending_ = true;
    wanted_.reset();
    asker_->break_off();
  }
  changed_.notify_all();
  thread_.join();
}

void Bootstrapper::want(Wanted wanted, std::vector<SnapshotSource> sources) {
  {
    const std::lock_guard held(lock_);
    if (!wanted_) {
      ++request_;
      vain_climbs_ = 0;
      rest_until_.reset();
      found_.reset();
    }
    if (sources.size() > sources_.size()) rest_until_.reset();  // somebody new to ask
    wanted_ = std::move(wanted);
    sources_ = std::move(sources);
    asker_->allow();
  }
  changed_.notify_all();
}

void Bootstrapper::cancel() {
  const std::lock_guard held(lock_);
  if (!wanted_ && !found_) return;
  wanted_.reset();
  found_.reset();
  ++request_;
  asker_->break_off();
}

bool Bootstrapper::is_wanted() const {
  const std::lock_guard held(lock_);
  return wanted_.has_value();
}

bool Bootstrapper::is_at_work() const {
  const std::lock_guard held(lock_);
  const bool rests = rest_until_ && std::chrono::steady_clock::now() < *rest_until_;
  return climbing_ || found_ || (wanted_ && !rests);
}

std::optional<FoundFile> Bootstrapper::take_found() {
  const std::lock_guard held(lock_);
  return std::exchange(found_, std::nullopt);
}

std::vector<std::string> Bootstrapper::take_remarks() {
  const std::lock_guard held(lock_);
  return std::exchange(remarks_, {});
}

FetchProgress Bootstrapper::progress() const {
  const std::lock_guard held(lock_);
  return progress_;
}

std::size_t Bootstrapper::vain_climbs() const {
  const std::lock_guard held(lock_);
  return vain_climbs_;
}

void Bootstrapper::work(base::Disk& disk, base::Clock& clock, base::Random& random,
                        dataset::Lineage lineage, dataset::HashSeed seed, CallTerms terms) {
  std::uint64_t request = 0;
  Ladder ladder({.disk = disk,
                 .clock = clock,
                 .random = random,
                 .ask =
                     [this](net::HttpCall call, std::chrono::milliseconds deadline) {
                       return asker_->ask(std::move(call), deadline);
                     },
                 .progress =
                     [this](const FetchProgress& now) {
                       const std::lock_guard held(lock_);
                       progress_ = now;
                     },
                 .ended =
                     [this, &request] {
                       const std::lock_guard held(lock_);
                       return ending_ || request != request_;
                     }},
                lineage, seed, std::move(terms));
  std::unique_lock held(lock_);
  for (;;) {
    while (!ending_ &&
           (!wanted_ || (rest_until_ && std::chrono::steady_clock::now() < *rest_until_))) {
      if (wanted_) {
        changed_.wait_until(held, *rest_until_);
      } else {
        changed_.wait(held);
      }
    }
    if (ending_) return;
    request = request_;
    const Wanted wanted = *wanted_;
    const std::vector<SnapshotSource> sources = sources_;
    climbing_ = true;
    held.unlock();
    Ladder::Climb climb = ladder.climb(wanted, sources);
    held.lock();
    climbing_ = false;
    note(std::move(climb), request);
  }
}

void Bootstrapper::note(Ladder::Climb climb, std::uint64_t request) {
  for (std::string& remark : climb.remarks) {
    if (remarks_.size() < remarks_max) remarks_.push_back(std::move(remark));
  }
  if (request != request_) return;
  if (climb.found) {
    found_ = std::move(climb.found);
    wanted_.reset();
    return;
  }
  ++vain_climbs_;
  rest_until_ = std::chrono::steady_clock::now() +
                std::max(climb.again_in.value_or(source_rest_max / 10), climb_pause);
}

}  // namespace tidemark::consumer
