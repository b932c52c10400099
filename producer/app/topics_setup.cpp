#include "producer/app/topics_setup.hpp"

#include <algorithm>
#include <chrono>

namespace tidemark::producer {
namespace {
constexpr std::chrono::seconds retry_pause{1};
}

TopicsSetup::TopicsSetup(log::Log& log, Mode mode, Wanted wanted,
                         std::function<void(TopicsFound)> done,
                         std::function<void(std::string)> remark)
    : log_(log),
      mode_(mode),
      wanted_(std::move(wanted)),
      done_(std::move(done)),
      remark_(std::move(remark)),
      thread_([this] { run(); }) {}

TopicsSetup::~TopicsSetup() {
  {
    const std::lock_guard held(lock_);
    ending_ = true;
  }
  ended_.notify_all();
  thread_.join();
}

void TopicsSetup::run() {
  std::string told;
  do {
    auto found = attempt();
    if (found) {
      done_(*std::move(found));
      return;
    }
    if (found.error().trail == told) continue;
    told = found.error().trail;
    remark_("waiting for the log: " + told);
  } while (pause());
}

base::Result<TopicsFound> TopicsSetup::attempt() {
  if (mode_ == Mode::CreateMissing) {
    auto created = log_.create(wanted_.topics);
    const bool few = !created && !wanted_.single_copy.empty() &&
                     created.error().trail.find("eplication factor") != std::string::npos;
    if (few) {
      remark_(
          "the cluster has fewer brokers than the topics want copies: they are created with ONE "
          "copy, and a lost disk loses the log. Say --replication N to decide yourself");
      wanted_.topics = std::exchange(wanted_.single_copy, {});
      created = log_.create(wanted_.topics);
    }
    if (!created) return std::unexpected(std::move(created).error());
  }
  TIDEMARK_TRY(auto differences, log_.check(wanted_.topics));
  const bool missing = std::ranges::any_of(
      differences, [](const log::Difference& one) { return one.setting == "exists"; });
  if (missing && mode_ == Mode::VerifyOnly) {
    return base::fail(base::Errc::NotFound,
                      "its topics are not there, but this controller holds a history of them");
  }
  TopicsFound found{std::move(differences)};
  found.fatal = std::ranges::any_of(found.differences, &log::Difference::fatal);
  return found;
}

bool TopicsSetup::pause() {
  std::unique_lock held(lock_);
  return !ended_.wait_for(held, retry_pause, [this] { return ending_; });
}

}  // namespace tidemark::producer
