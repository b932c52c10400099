// log_appender URL TOPIC: appends numbered records in batches until it is killed, and prints after
// each acknowledgement how many records are acknowledged.
#include <cstdio>
#include <string>

#include <unistd.h>

#include "tests/conformance/log/appender.hpp"
#include "tests/conformance/log/form.hpp"
#include "topics/log_url.hpp"

int main(int argc, char** argv) {
  using namespace tidemark;
  if (argc != 3) return 2;
  auto settings = topics::parse_log_url(argv[1]);
  if (!settings) return 2;
  auto log = topics::open_log(*settings);
  if (!log) return 1;
  auto sink = (*log)->sink(argv[2]);
  if (!sink) return 1;
  std::printf("0\n");
  std::fflush(stdout);
  std::int64_t next = 0;
  std::int64_t acknowledged = 0;
  for (;;) {
    std::vector<log::Draft> batch;
    for (int i = 0; i < conformance::appender_batch; ++i) {
      batch.push_back(
          log::Draft{.key = "key", .value = conformance::bytes(std::to_string(next++))});
    }
    if (!(*sink)->append_batch(log::Ticket{0}, std::move(batch))) return 1;
    for (const log::Completion& each : conformance::complete(**sink, conformance::appender_batch)) {
      if (each.outcome != log::Completion::Outcome::Persisted) return 1;
      ++acknowledged;
    }
    std::printf("%lld\n", static_cast<long long>(acknowledged));
    std::fflush(stdout);
  }
}
