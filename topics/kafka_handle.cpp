#include "topics/kafka_handle.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <utility>

#include <librdkafka/rdkafka.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "topics/kafka_delivery.hpp"

namespace tidemark::topics {
namespace {

constexpr int tick_ms = 1'000;
constexpr int unknown_topic_tries = 6;
constexpr std::chrono::milliseconds unknown_topic_pause{100};
constexpr int last_words_ms = 1'000;  // for records that still wait when a producer ends

// A connection that never came about says nothing about the log.
bool carried_something(int socket) {
  ::tcp_info facts{};
  socklen_t size = sizeof facts;
  if (::getsockopt(socket, IPPROTO_TCP, TCP_INFO, &facts, &size) != 0) return true;
  const std::size_t known =
      offsetof(::tcp_info, tcpi_bytes_received) + sizeof(facts.tcpi_bytes_received);
  return size < known || facts.tcpi_bytes_received > 0;
}

// Errors of one connection: the socket-closing callback tells which of them matter.
bool is_of_a_connection(int error) {
  switch (error) {
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__SSL:
    case RD_KAFKA_RESP_ERR__AUTHENTICATION: return true;
    default:                                return false;
  }
}

}  // namespace

struct KafkaHandle::Callbacks {
  static KafkaHandle& self(void* opaque) { return *static_cast<KafkaHandle*>(opaque); }

  static int close_socket(int socket, void* opaque) {
    const bool lost = carried_something(socket);
    if (lost) {
      ++self(opaque).disconnects_;
      self(opaque).doubt("connection lost");
    }
    return ::close(socket);
  }
  static void error(rd_kafka_t* raw, int code, const char* reason, void* opaque) {
    KafkaHandle& handle = self(opaque);
    ++handle.errors_;
    std::string words =
        std::string(rd_kafka_err2name(static_cast<rd_kafka_resp_err_t>(code))) + ": " + reason;
    if (code == RD_KAFKA_RESP_ERR__FATAL) {
      std::array<char, 256> cause{};
      const auto named = rd_kafka_fatal_error(raw, cause.data(), cause.size());
      words = std::string("fatal ") + rd_kafka_err2name(named) + ": " + cause.data();
      handle.fatal_ = true;
    }
    if (is_of_a_connection(code)) {
      const std::lock_guard held(handle.lock_);
      handle.last_error_ = std::move(words);
    } else {
      handle.doubt(std::move(words));
    }
    handle.ring();
  }
  static int statistics(rd_kafka_t*, char* json, std::size_t size, void* opaque) {
    KafkaHandle& handle = self(opaque);
    const std::lock_guard held(handle.lock_);
    read_kafka_statistics({json, size}, handle.statistics_);
    return 0;  // the library frees it
  }
  // Log lines say less than the error callback; nobody logs below the apps.
  static void log_line(const rd_kafka_t*, int, const char*, const char*) {}
};

base::Result<std::shared_ptr<KafkaHandle>> KafkaHandle::open(const LogSettings& settings,
                                                             KafkaSide side) {
  std::shared_ptr<KafkaHandle> handle(new KafkaHandle(settings, side));
  TIDEMARK_TRY_VOID(handle->open());
  return handle;
}

base::Result<void> KafkaHandle::open() {
  for (const std::string& path : {settings_.tls.ca, settings_.tls.certificate, settings_.tls.key}) {
    if (!path.empty() && ::access(path.c_str(), R_OK) != 0) {
      return base::fail(base::Errc::Invalid, "kafka: tls: " + path + ": cannot be read");
    }
  }
  TIDEMARK_TRY(const auto properties, kafka_properties_of(settings_, side_));
  rd_kafka_conf_t* const conf = rd_kafka_conf_new();
  std::array<char, 512> words{};
  for (const auto& [name, value] : properties) {
    if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), words.data(), words.size()) !=
        RD_KAFKA_CONF_OK) {
      rd_kafka_conf_destroy(conf);
      return base::fail(base::Errc::Invalid, "kafka property " + name + ": " + words.data());
    }
  }
  rd_kafka_conf_set_opaque(conf, this);
  rd_kafka_conf_set_closesocket_cb(conf, &Callbacks::close_socket);
  rd_kafka_conf_set_error_cb(conf, &Callbacks::error);
  rd_kafka_conf_set_stats_cb(conf, &Callbacks::statistics);
  rd_kafka_conf_set_log_cb(conf, &Callbacks::log_line);
  if (side_ == KafkaSide::Producer) rd_kafka_conf_set_dr_msg_cb(conf, &deliver_report);
  raw_ = rd_kafka_new(side_ == KafkaSide::Consumer ? RD_KAFKA_CONSUMER : RD_KAFKA_PRODUCER, conf,
                      words.data(), words.size());
  if (raw_ == nullptr) {
    rd_kafka_conf_destroy(conf);
    return base::fail(base::Errc::Invalid, std::string("kafka: ") + words.data());
  }
  rd_kafka_set_log_queue(raw_, nullptr);
  server_ = std::thread([this] { serve(); });
  return {};
}

KafkaHandle::~KafkaHandle() {
  if (raw_ == nullptr) return;
  stop_ = true;
  wake();
  server_.join();
  if (side_ == KafkaSide::Producer && rd_kafka_outq_len(raw_) > 0) {
    if (!fatal_) rd_kafka_flush(raw_, last_words_ms);
    rd_kafka_purge(raw_, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    rd_kafka_flush(raw_, last_words_ms);  // serves the reports: each frees its pending record
  }
  rd_kafka_destroy(raw_);
}

void KafkaHandle::serve() {
  bool purged = false;
  auto ticked = std::chrono::steady_clock::now();
  while (!stop_) {
    rd_kafka_poll(raw_, tick_ms);
    if (fatal_ && side_ == KafkaSide::Producer && !purged) {
      // Without it the queued records would never be reported.
      rd_kafka_purge(raw_, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
      purged = true;
    }
    answer_bounds();
    const auto now = std::chrono::steady_clock::now();
    if (now - ticked < std::chrono::milliseconds(tick_ms)) continue;
    ticked = now;
    {
      const std::lock_guard held(lock_);
      questions_.insert(questions_.end(), later_questions_.begin(), later_questions_.end());
      later_questions_.clear();
    }
    answer_bounds();
    ring();
  }
}

void KafkaHandle::wake() {
  rd_kafka_queue_t* const events = rd_kafka_queue_get_main(raw_);
  rd_kafka_queue_yield(events);
  rd_kafka_queue_destroy(events);
}

void KafkaHandle::ask_bounds(const std::string& topic) {
  {
    const std::lock_guard held(lock_);
    bounds_.erase(topic);
    questions_.push_back(topic);
  }
  wake();
}

void KafkaHandle::ask_bounds_later(const std::string& topic) {
  const std::lock_guard held(lock_);
  later_questions_.push_back(topic);
}

std::optional<std::pair<std::int64_t, std::int64_t>> KafkaHandle::take_bounds(
    const std::string& topic) {
  const std::lock_guard held(lock_);
  const auto found = bounds_.find(topic);
  if (found == bounds_.end()) return std::nullopt;
  return bounds_.extract(found).mapped();
}

void KafkaHandle::answer_bounds() {
  std::vector<std::string> asked;
  {
    const std::lock_guard held(lock_);
    asked = std::exchange(questions_, {});
  }
  for (const std::string& topic : asked) {
    std::int64_t first = -1;
    std::int64_t next = -1;
    if (rd_kafka_query_watermark_offsets(raw_, topic.c_str(), 0, &first, &next, tick_ms) !=
        RD_KAFKA_RESP_ERR_NO_ERROR) {
      ask_bounds_later(topic);
      continue;
    }
    const std::lock_guard held(lock_);
    bounds_[topic] = {first, next};
  }
  if (!asked.empty()) ring();
}

void KafkaHandle::doubt(std::string why) {
  ++doubts_;
  {
    const std::lock_guard held(lock_);
    last_error_ = std::move(why);
  }
  ring();
}

void KafkaHandle::ring() {
  const std::lock_guard held(lock_);
  for (EventBell* const bell : bells_) bell->ring();
}

void KafkaHandle::attach(EventBell* bell) {
  const std::lock_guard held(lock_);
  bells_.push_back(bell);
}

void KafkaHandle::detach(EventBell* bell) {
  const std::lock_guard held(lock_);
  std::erase(bells_, bell);
}

std::string KafkaHandle::last_error() const {
  const std::lock_guard held(lock_);
  return last_error_;
}

KafkaStatistics KafkaHandle::statistics() const {
  const std::lock_guard held(lock_);
  KafkaStatistics now = statistics_;
  now.disconnects = disconnects_;
  now.errors = errors_;
  return now;
}

std::int32_t KafkaHandle::leader_of(const std::string& topic) const {
  const std::lock_guard held(lock_);
  const auto found = statistics_.topics.find(topic);
  return found == statistics_.topics.end() ? -1 : found->second.leader;
}

std::string KafkaHandle::effective(const std::string& property) const {
  std::array<char, 512> value{};
  std::size_t size = value.size();
  if (rd_kafka_conf_get(rd_kafka_conf(raw_), property.c_str(), value.data(), &size) !=
      RD_KAFKA_CONF_OK) {
    return {};
  }
  return value.data();
}

base::Result<void> KafkaHandle::warm_up(rd_kafka_topic_s* topic, const std::string& name,
                                        std::chrono::milliseconds wait) {
  // Brokers learn of a new topic one after the other, and any of them may answer.
  for (int tries = 1;; ++tries) {
    auto asked = ask_metadata(topic, name, wait);
    const bool unknown = !asked && asked.error().code == base::Errc::NotFound;
    if (!unknown || tries == unknown_topic_tries) return asked;
    std::this_thread::sleep_for(unknown_topic_pause);
  }
}

base::Result<void> KafkaHandle::ask_metadata(rd_kafka_topic_s* topic, const std::string& name,
                                             std::chrono::milliseconds wait) {
  const rd_kafka_metadata_t* metadata = nullptr;
  const auto failed = rd_kafka_metadata(raw_, 0, topic, &metadata, static_cast<int>(wait.count()));
  if (failed != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return base::fail(base::Errc::Unavailable,
                      "kafka " + settings_.bootstrap + ": " + rd_kafka_err2str(failed));
  }
  rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
  int partitions = 0;
  if (metadata->topic_cnt == 1) {
    error = metadata->topics[0].err;
    partitions = metadata->topics[0].partition_cnt;
  }
  rd_kafka_metadata_destroy(metadata);
  if (error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
    return base::fail(base::Errc::NotFound, "topic " + name +
                                                " does not exist: create it with "
                                                "`tidemark topics apply`");
  }
  if (error == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED) {
    return base::fail(base::Errc::Denied, "topic " + name + ": not authorised");
  }
  if (partitions > 1) {
    return base::fail(base::Errc::Invalid, "topic " + name + " has " + std::to_string(partitions) +
                                               " partitions: the order of a log needs exactly 1");
  }
  return {};
}

base::Result<std::vector<std::string>> KafkaHandle::topic_names(std::chrono::milliseconds wait) {
  const rd_kafka_metadata_t* metadata = nullptr;
  const auto failed =
      rd_kafka_metadata(raw_, 1, nullptr, &metadata, static_cast<int>(wait.count()));
  if (failed != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return base::fail(base::Errc::Unavailable,
                      "kafka " + settings_.bootstrap + ": " + rd_kafka_err2str(failed));
  }
  std::vector<std::string> names;
  for (int i = 0; i < metadata->topic_cnt; ++i) names.emplace_back(metadata->topics[i].topic);
  rd_kafka_metadata_destroy(metadata);
  return names;
}

std::string KafkaHandle::cluster_id(std::chrono::milliseconds wait) {
  char* const id = rd_kafka_clusterid(raw_, static_cast<int>(wait.count()));
  if (id == nullptr) return {};
  std::string text(id);
  rd_kafka_mem_free(raw_, id);
  return text;
}

}  // namespace tidemark::topics
