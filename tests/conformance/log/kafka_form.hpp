// The Kafka form: a broker named by TIDEMARK_TEST_KAFKA, or one of our own by scripts/kafka.
//
// Only an own broker can be killed, frozen and given a shortened disk; with a named one those tests
// skip.
#pragma once

#include <string>

#include "tests/conformance/log/form.hpp"

namespace tidemark::conformance {

class KafkaForm final : public Form {
 public:
  // Why there is no broker; empty if there is one. Starts it at the first call.
  static std::string unavailable();
  static bool is_own();
  // Of the own broker.
  static bool kill_broker();    // -9, and waits for its end
  static bool start_broker();   // and waits until it is ready
  static void freeze_broker();  // SIGSTOP
  static void thaw_broker();

  // Restarts the own broker with a listener that asks for client certificates. Returns its
  // HOST:PORT; empty on a failure. Files in tls_folder(): ca.pem, client.pem, client.key.
  static std::string add_tls_listener();
  static std::string tls_folder();

  std::unique_ptr<log::Log> connect() override;
  std::string fresh_topic() override;
  bool truncate(const std::string& topic, std::int64_t next) override;
  bool recreate(const std::string& topic) override;
  bool retain_from(const std::string& topic, std::int64_t first) override;
  bool append_unknown(log::Log& writer, log::Sink& sink, const std::string& topic,
                      log::Draft draft) override;
  std::string url() const override;
  bool batches_are_atomic() const override { return false; }
};

}  // namespace tidemark::conformance
