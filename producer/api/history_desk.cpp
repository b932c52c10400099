#include "producer/api/history_desk.hpp"

#include <utility>

#include "producer/api/history_reads.hpp"

namespace tidemark::producer {

constexpr std::chrono::milliseconds settle_within{500};

HistoryDesk::HistoryDesk(HistoryKeeper& keeper, base::Clock& clock, Post post)
    : keeper_(keeper), clock_(clock), post_(std::move(post)), thread_([this] { work(); }) {}

HistoryDesk::~HistoryDesk() {
  {
    const std::lock_guard hold(lock_);
    stop_ = true;
  }
  arrived_.notify_one();
  thread_.join();
}

void HistoryDesk::take(net::HttpRequest request, net::Respond respond) {
  {
    const std::lock_guard hold(lock_);
    if (questions_.size() < past_questions_max) {
      questions_.push_back({std::move(request), std::move(respond), clock_.wall().count()});
      arrived_.notify_one();
      return;
    }
  }
  respond(to_response(unavailable("too many questions about the past wait already")));
}

net::HttpResponse HistoryDesk::answer(HistoryKeeper& keeper, const net::HttpRequest& request,
                                      std::int64_t now_ms) {
  // Who changed something and asks at once finds it; a long import is not waited for.
  (void)keeper.settle(settle_within);
  auto history = keeper.reader();
  if (!history) return to_response(history.error());
  auto answered = read_past(*history, request, now_ms);
  if (answered) return *std::move(answered);
  if (answered.error().code == index_damaged) keeper.doubt();
  return to_response(answered.error());
}

void HistoryDesk::work() {
  for (;;) {
    std::unique_lock hold(lock_);
    arrived_.wait(hold, [this] { return stop_ || !questions_.empty(); });
    if (stop_) return;  // who waits still is told by ~Respond, on the loop's thread
    auto question = std::make_shared<Question>(std::move(questions_.front()));
    questions_.pop_front();
    hold.unlock();
    auto response = answer(keeper_, question->request, question->now_ms);
    post_([question = std::move(question), response = std::move(response)]() mutable {
      question->respond(std::move(response));
    });
  }
}

}  // namespace tidemark::producer
