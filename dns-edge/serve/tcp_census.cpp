#include "dns-edge/serve/tcp_census.hpp"

#include "core/base/check.hpp"

namespace tidemark::edge {

TcpCensus::Entry TcpCensus::enter(const net::IpAddress& source) {
  const std::lock_guard held(lock_);
  // The source first: who has its share must not push others out.
  const auto found = of_source_.find(source);
  const std::size_t has = found == of_source_.end() ? 0 : found->second;
  if (has >= per_source_max_) return Entry::SourceFull;
  if (connections() >= connections_max_) return Entry::NodeFull;
  of_source_[source] = has + 1;
  connections_.store(connections() + 1, std::memory_order_relaxed);
  return Entry::Admitted;
}

void TcpCensus::leave(const net::IpAddress& source) {
  const std::lock_guard held(lock_);
  const auto found = of_source_.find(source);
  TIDEMARK_CHECK(found != of_source_.end(), "who leaves has entered");
  if (--found->second == 0) of_source_.erase(found);
  connections_.store(connections() - 1, std::memory_order_relaxed);
}

}  // namespace tidemark::edge
