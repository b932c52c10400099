#include "dns-edge/admin/metrics.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace tidemark::edge {
namespace {

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

TEST(Metrics, QueriesAreToldByWorkerAndTheRestIsSummed) {
  WorkerCounters one, two;
  one.udp_queries.add(3);
  two.udp_queries.add(4);
  two.tcp_queries.add();
  one.count_response(dns::Rcode::NxDomain);
  two.count_response(dns::Rcode::BadVers);
  one.tcp_accepted.add(5);
  one.tcp_closed.add(2);
  const std::string text = metrics_text({}, {&one, &two}, false);
  EXPECT_TRUE(has_line(text, "tidemark_queries_total{transport=\"udp\",worker=\"1\"} 4")) << text;
  EXPECT_TRUE(has_line(text, "tidemark_queries_total{transport=\"tcp\",worker=\"1\"} 1"));
  EXPECT_TRUE(has_line(text, "tidemark_responses_total{rcode=\"NXDOMAIN\"} 1"));
  EXPECT_TRUE(has_line(text, "tidemark_responses_total{rcode=\"BADVERS\"} 1"));
  EXPECT_TRUE(has_line(text, "tidemark_tcp_connections 3"));
  EXPECT_TRUE(has_line(text, "tidemark_workers 2"));
}

TEST(Metrics, LagIsWhatTheLogHoldsBeyondTheFold) {
  EdgeStatus status;
  status.offset = 9;
  EXPECT_EQ(metrics_text(status, {}, true).find("changes_lag"), std::string::npos)
      << "the end of the log is not known yet";
  status.log_next = 15;
  EXPECT_TRUE(has_line(metrics_text(status, {}, true), "tidemark_changes_lag_records 5"));
  status.log_next = 3;  // a truncated log
  EXPECT_TRUE(has_line(metrics_text(status, {}, true), "tidemark_changes_lag_records 0"));
}

TEST(Metrics, ExactlyOneStateIsOne) {
  EdgeStatus status;
  status.state = "DIVERGED";
  const std::string text = metrics_text(status, {}, true);
  EXPECT_TRUE(has_line(text, "tidemark_node_state{state=\"DIVERGED\"} 1"));
  EXPECT_TRUE(has_line(text, "tidemark_node_state{state=\"LIVE\"} 0"));
}

TEST(Metrics, TheNumberOfSeriesDoesNotDependOnWhatWasAsked) {
  WorkerCounters counters;
  const auto lines = [&] {
    const std::string text = metrics_text({}, {&counters}, true);
    return std::count(text.begin(), text.end(), '\n');
  };
  const auto before = lines();
  for (unsigned rcode = 0; rcode < 4096; ++rcode) {
    counters.count_response(static_cast<dns::Rcode>(rcode));
  }
  EXPECT_EQ(lines(), before);
}

}  // namespace
}  // namespace tidemark::edge
