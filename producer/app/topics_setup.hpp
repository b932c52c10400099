// TopicsSetup: creates and verifies the dataset's topics on a thread of its own, for that may wait
// for the log; tries until it is done.
//
// A controller that already holds a history never creates anything: if its topics are not there,
// the log is another one or away, and an empty new one would only hide that.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/log/log.hpp"

namespace tidemark::producer {

struct TopicsFound {
  std::vector<log::Difference> differences;
  bool fatal = false;
};

class TopicsSetup {
 public:
  enum class Mode : std::uint8_t { CreateMissing, VerifyOnly };
  struct Wanted {
    std::vector<log::TopicSettings> topics;
    // If the cluster has too few brokers for `topics`; empty: that is an error.
    std::vector<log::TopicSettings> single_copy{};
  };
  // Both are called on the thread of this object.
  TopicsSetup(log::Log& log, Mode mode, Wanted wanted, std::function<void(TopicsFound)> done,
              std::function<void(std::string)> remark);
  ~TopicsSetup();
  TopicsSetup(const TopicsSetup&) = delete;
  TopicsSetup& operator=(const TopicsSetup&) = delete;

 private:
  void run();
  base::Result<TopicsFound> attempt();
  bool pause();  // false: the owner is going

  log::Log& log_;
  const Mode mode_;
  Wanted wanted_;
  const std::function<void(TopicsFound)> done_;
  const std::function<void(std::string)> remark_;
  std::mutex lock_;
  std::condition_variable ended_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace tidemark::producer
