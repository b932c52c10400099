#include "tests/conformance/log/kafka_form.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include <arpa/inet.h>
#include <librdkafka/rdkafka.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
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

std::string free_port() {
  const int probe = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ::bind(probe, reinterpret_cast<const sockaddr*>(&address), size);
  ::getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size);
  ::close(probe);
  return std::to_string(ntohs(address.sin_port));
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

std::string KafkaForm::tls_folder() { return Broker::instance().folder() + "/tls"; }

std::string KafkaForm::add_tls_listener() {
  const std::string folder = tls_folder();
  std::filesystem::create_directory(folder);
  // An authority, a broker's and a client's certificate; PEM as Kafka and librdkafka take it.
  const std::string made =
      "cd " + folder +
      " && exec >make.log 2>&1 && new() { openssl req -newkey rsa:2048 -nodes -subj \"/CN=$1\" "
      "-keyout $1.key -out $1.csr && openssl x509 -req -in $1.csr -CA ca.pem -CAkey ca.key "
      "-CAcreateserial -days 2 -extfile san -out $1.pem; } && echo subjectAltName=IP:127.0.0.1 "
      ">san && openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority -keyout "
      "ca.key -out ca.pem && new broker && new client && cat broker.key broker.pem >broker.both";
  if (std::system(made.c_str()) != 0 || !kill_broker()) return {};
  const std::string port = free_port();
  const std::string settings = Broker::instance().folder() + "/n1/server.properties";
  const auto value = [&](const std::string& name) {
    std::ifstream file(settings);
    for (std::string line; std::getline(file, line);) {
      if (line.starts_with(name + "=")) return line.substr(name.size() + 1);
    }
    return std::string();
  };
  const std::string tls = ",TLS://127.0.0.1:" + port;
  const std::string listeners = value("listeners") + tls;
  const std::string advertised = value("advertised.listeners") + tls;
  const std::string protocols = value("listener.security.protocol.map") + ",TLS:SSL";
  std::ofstream(settings, std::ios::app)  // the last line of a name counts
      << "listeners=" << listeners << "\nadvertised.listeners=" << advertised
      << "\nlistener.security.protocol.map=" << protocols
      << "\nssl.keystore.type=PEM\nssl.keystore.location=" << folder
      << "/broker.both\nssl.truststore.type=PEM\nssl.truststore.location=" << folder
      << "/ca.pem\nlistener.name.tls.ssl.client.auth=required\n";
  return start_broker() ? "127.0.0.1:" + port : std::string();
}

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
