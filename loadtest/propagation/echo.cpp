#include <poll.h>
#include <unistd.h>

#include "loadtest/propagation/measure.hpp"

namespace tidemark::loadtest {

namespace {

constexpr auto deadline = std::chrono::seconds(10);

void wait_for_bell(int bell) {
  pollfd one{bell, POLLIN, 0};
  ::poll(&one, 1, 100);
}

}  // namespace

base::Result<Echo> Echo::open(log::Log& log, const std::string& topic) {
  log::TopicSettings settings;
  settings.name = topic;
  TIDEMARK_TRY_VOID(log.create({settings}));
  TIDEMARK_TRY(auto source, log.source(topic));
  TIDEMARK_TRY(auto sink, log.sink(topic));
  TIDEMARK_TRY_VOID(source->start(log::Offset(0)));
  return Echo(std::move(source), std::move(sink));
}

base::Result<Micros> Echo::once(std::size_t octets) {
  base::Bytes value(octets, 7);
  base::store_u64(value.data(), ++ticket_);
  const auto begin = Clock::now();
  TIDEMARK_TRY_VOID(sink_->append(log::Ticket(ticket_), {"echo", value, false, {}}));
  while (Clock::now() - begin < deadline) {
    TIDEMARK_TRY(const log::Drained drained, source_->drain(4096));
    for (const log::Record& record : drained.records) {
      if (record.value == value) {
        const Micros took = micros_since(begin);
        sink_->completions();
        return took;
      }
    }
    if (!drained.more) wait_for_bell(source_->bell());
  }
  return base::fail(base::Errc::Unavailable, "the echo did not come back within 10 s");
}

}  // namespace tidemark::loadtest
