#include "topics/kafka_statistics.hpp"

#include <algorithm>
#include <charconv>
#include <vector>

namespace tidemark::topics {
namespace {

// Walks a JSON document of the library's own making and hands out its integers with their paths.
// Not a general reader: what it does not understand ends the walk.
class Walk {
 public:
  Walk(std::string_view json, KafkaStatistics& statistics) : rest_(json), out_(statistics) {}
  void run() { value(); }

 private:
  bool take(char wanted) {
    if (rest_.empty() || rest_.front() != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void skip_space() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(" \n\r\t"), rest_.size()));
  }
  std::string text() {
    std::string read;
    if (!take('"')) return read;
    while (!rest_.empty() && rest_.front() != '"') {
      if (rest_.front() == '\\') rest_.remove_prefix(1);
      if (rest_.empty()) break;
      read += rest_.front();
      rest_.remove_prefix(1);
    }
    take('"');
    return read;
  }

  bool value() {
    skip_space();
    if (rest_.empty() || path_.size() > 16) return false;
    if (take('{')) return members();
    if (take('[')) return elements();
    if (rest_.front() == '"') {
      text();
      return true;
    }
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), number);
    if (error == std::errc()) note(number);
    (void)end;
    rest_.remove_prefix(std::min(rest_.find_first_of(",}]"), rest_.size()));
    return true;
  }
  bool members() {
    for (skip_space(); !take('}'); skip_space()) {
      path_.push_back(text());
      skip_space();
      if (!take(':') || !value()) return false;
      path_.pop_back();
      skip_space();
      take(',');
    }
    return true;
  }
  bool elements() {
    for (skip_space(); !take(']'); skip_space()) {
      if (!value()) return false;
      skip_space();
      take(',');
    }
    return true;
  }

  void note(std::int64_t number) {
    if (path_.size() == 1 && path_[0] == "msg_cnt") out_.unsent_records = number;
    if (path_.size() == 4 && path_[0] == "brokers" && path_[2] == "rtt" && path_[3] == "avg") {
      out_.round_trip_us = std::max(out_.round_trip_us, number);
    }
    if (path_.size() != 5 || path_[0] != "topics" || path_[2] != "partitions" || path_[3] != "0") {
      return;
    }
    KafkaTopicStatistics& topic = out_.topics[path_[1]];
    if (path_[4] == "leader") topic.leader = static_cast<std::int32_t>(number);
    if (path_[4] == "hi_offset") topic.high_offset = number;
    if (path_[4] == "fetchq_cnt") topic.fetched_records = number;
  }

  std::string_view rest_;
  KafkaStatistics& out_;
  std::vector<std::string> path_;
};

}  // namespace

void read_kafka_statistics(std::string_view json, KafkaStatistics& statistics) {
  statistics.round_trip_us = 0;
  Walk(json, statistics).run();
}

}  // namespace tidemark::topics
