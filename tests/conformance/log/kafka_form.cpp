#include "tests/conformance/log/kafka_form.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include <librdkafka/rdkafka.h>
#include <signal.h>
#include <unistd.h>

#include "core/base/bytes.hpp"
#include "tests/unit/topics/temporary_folder.hpp"
#include "topics/kafka_log.hpp"
#include "topics/log_url.hpp"

namespace tidemark::conformance {
namespace {

// One for the whole program: a broker takes seconds to start.
class Broker {
 public:
  static Broker& instance() {
    static Broker broker;
    return broker;
  }
  Broker() {
    if (const char* const named = std::getenv("TIDEMARK_TEST_KAFKA")) {
      bootstrap_ = named;
      return;
    }
    own_ = true;
    why_ = up() ? "" : "no broker: scripts/kafka up failed (set TIDEMARK_TEST_KAFKA=HOST:PORT)";
  }
  ~Broker() {
    if (own_) (void)run("down --dir " + folder());
  }

  std::string why() const { return why_; }
  bool own() const { return own_; }
  const std::string& bootstrap() const { return bootstrap_; }
  std::string folder() const { return folder_.file("kafka"); }
  bool up() {
    if (!run("up --port 0 --dir " + folder())) return false;
    std::ifstream(folder() + "/bootstrap") >> bootstrap_;
    return !bootstrap_.empty();
  }
  pid_t pid() const {
    pid_t pid = 0;
    std::ifstream(folder() + "/n1/pid") >> pid;
    return pid;
  }

 private:
  static bool run(const std::string& arguments) {
    const std::string script = TIDEMARK_SOURCE_DIR "/scripts/kafka ";
    return std::system((script + arguments + " >/dev/null").c_str()) ==
           0;  // NOLINT: no other threads yet
  }
  topics::TemporaryFolder folder_;
  bool own_ = false;
  std::string bootstrap_;
  std::string why_;
};

struct Admin {  // of librdkafka, for what the port rightly cannot do
  Admin() {
    rd_kafka_conf_t* const conf = rd_kafka_conf_new();
    char words[256];
    rd_kafka_conf_set(conf, "bootstrap.servers", Broker::instance().bootstrap().c_str(), words,
                      sizeof words);
    handle = rd_kafka_new(RD_KAFKA_PRODUCER, conf, words, sizeof words);
    queue = rd_kafka_queue_new(handle);
  }
  ~Admin() {
    rd_kafka_queue_destroy(queue);
    rd_kafka_destroy(handle);
  }
  bool answered() {
    rd_kafka_event_t* const event = rd_kafka_queue_poll(queue, 20'000);
    const bool good = event != nullptr && rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR;
    if (event != nullptr) rd_kafka_event_destroy(event);
    return good;
  }
  rd_kafka_t* handle;
  rd_kafka_queue_t* queue;
};

template <class Condition>
bool wait_until(const Condition& condition) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return true;
}

// Cuts the file of the one segment before the batch that begins at `next`: what a disk loses. A
// batch: base offset (8 octets), length of the rest (4), the rest.
bool cut_segment(const std::string& folder, std::int64_t next) {
  const std::string path = folder + "/00000000000000000000.log";
  std::ifstream file(path, std::ios::binary);
  std::uintmax_t at = 0;
  for (;;) {
    std::uint8_t head[12];
    file.seekg(static_cast<std::streamoff>(at));
    if (!file.read(reinterpret_cast<char*>(head), sizeof head)) return false;
    if (static_cast<std::int64_t>(base::load_u64(head)) >= next) break;
    at += 12 + base::load_u32(head + 8);
  }
  std::filesystem::resize_file(path, at);
  for (const auto& each : std::filesystem::directory_iterator(folder)) {
    const auto extension = each.path().extension();
    if (extension == ".index" || extension == ".timeindex" || extension == ".snapshot") {
      std::filesystem::remove(each.path());  // built anew from the log
    }
  }
  return true;
}

}  // namespace

std::string KafkaForm::unavailable() { return Broker::instance().why(); }
bool KafkaForm::is_own() { return Broker::instance().own(); }

bool KafkaForm::kill_broker() {
  const pid_t pid = Broker::instance().pid();
  ::kill(pid, SIGKILL);
  return wait_until([pid] {  // gone, or a zombie that nobody here can reap
    std::ifstream status("/proc/" + std::to_string(pid) + "/cmdline");
    return !status || status.peek() == std::ifstream::traits_type::eof();
  });
}
bool KafkaForm::start_broker() { return Broker::instance().up(); }
void KafkaForm::freeze_broker() { ::kill(Broker::instance().pid(), SIGSTOP); }
void KafkaForm::thaw_broker() { ::kill(Broker::instance().pid(), SIGCONT); }

std::unique_ptr<log::Log> KafkaForm::connect() {
  return std::move(*topics::open_log(*topics::parse_log_url(url())));
}

std::string KafkaForm::fresh_topic() {
  static int topics = 0;
  return "test-" + std::to_string(::getpid()) + "-" +
         std::to_string(std::chrono::system_clock::now().time_since_epoch().count()) + "-" +
         std::to_string(++topics) + ".changes";
}

bool KafkaForm::truncate(const std::string& topic, std::int64_t next) {
  if (!is_own() || !kill_broker()) return false;
  return cut_segment(Broker::instance().folder() + "/n1/data/" + topic + "-0", next) &&
         start_broker();
}

bool KafkaForm::recreate(const std::string& topic) {
  Admin admin;
  rd_kafka_DeleteTopic_t* gone = rd_kafka_DeleteTopic_new(topic.c_str());
  rd_kafka_DeleteTopics(admin.handle, &gone, 1, nullptr, admin.queue);
  rd_kafka_DeleteTopic_destroy(gone);
  if (!admin.answered()) return false;
  auto log = connect();
  log::TopicSettings settings;
  settings.name = topic;
  return wait_until([&] {
           const auto differences = log->check({settings});
           return differences && !differences->empty() && differences->front().setting == "exists";
         }) &&
         log->create({settings}).has_value();
}

bool KafkaForm::retain_from(const std::string& topic, std::int64_t first) {
  Admin admin;
  rd_kafka_topic_partition_list_t* const offsets = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(offsets, topic.c_str(), 0)->offset = first;
  rd_kafka_DeleteRecords_t* request = rd_kafka_DeleteRecords_new(offsets);
  rd_kafka_topic_partition_list_destroy(offsets);
  rd_kafka_DeleteRecords(admin.handle, &request, 1, nullptr, admin.queue);
  rd_kafka_DeleteRecords_destroy(request);
  return admin.answered();
}

bool KafkaForm::append_unknown(log::Log& writer, log::Sink& sink, const std::string&,
                               log::Draft draft) {
  if (!is_own()) return false;
  freeze_broker();
  const bool appended = sink.append(log::Ticket{1}, std::move(draft)).has_value();
  // Until it is on its way; if it is not, the test sees another outcome.
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  (void)static_cast<topics::KafkaLog&>(writer).inject_fatal_producer_error();
  const bool told = wait_until([&] {
    pollfd waiting{sink.bell(), POLLIN, 0};
    return ::poll(&waiting, 1, 0) == 1;
  });
  thaw_broker();
  return appended && told;
}

std::string KafkaForm::url() const { return "kafka:" + Broker::instance().bootstrap(); }

}  // namespace tidemark::conformance
