// HistoryDesk: answers questions about the past in a thread of its own, one after the other, so
// that a long one keeps neither the feeder nor the other routes waiting.
//
// Threads   All calls: the loop's. `post` brings an answer back to it, from the desk's thread.
// Requires  The keeper outlives it. `post` drops what comes after the loop's end.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "core/base/environment.hpp"
#include "net/http_server.hpp"
#include "producer/api/history_keeper.hpp"

namespace tidemark::producer {

constexpr std::size_t past_questions_max = 64;  // that wait; then 503

class HistoryDesk {
 public:
  using Post = std::function<void(std::function<void()>)>;
  HistoryDesk(HistoryKeeper& keeper, base::Clock& clock, Post post);
  ~HistoryDesk();  // after the question that is being answered
  HistoryDesk(const HistoryDesk&) = delete;
  HistoryDesk& operator=(const HistoryDesk&) = delete;

  void take(net::HttpRequest request, net::Respond respond);
  static net::HttpResponse answer(HistoryKeeper& keeper, const net::HttpRequest& request,
                                  std::int64_t now_ms);

 private:
  struct Question {
    net::HttpRequest request;
    net::Respond respond;
    std::int64_t now_ms;
  };
  void work();

  HistoryKeeper& keeper_;
  base::Clock& clock_;
  const Post post_;
  std::mutex lock_;
  std::condition_variable arrived_;
  std::deque<Question> questions_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace tidemark::producer
