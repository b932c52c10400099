// What the propagation benchmark is made of: the API call, the edges that are asked, the bare log.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/dns/name.hpp"
#include "core/log/log.hpp"

namespace tidemark::loadtest {

using Clock = std::chrono::steady_clock;
using Micros = std::int64_t;

inline Micros micros_since(Clock::time_point begin) {
  return std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin).count();
}

struct Percentiles {
  Micros p50, p99, max;
};
inline Percentiles percentiles(std::vector<Micros> all) {
  std::sort(all.begin(), all.end());
  const auto at = [&](double share) {
    return all[std::min(all.size() - 1,
                        static_cast<std::size_t>(static_cast<double>(all.size()) * share))];
  };
  return {at(0.50), at(0.99), all.back()};
}

// One keep-alive connection to a controller.
class Api {
 public:
  explicit Api(std::uint16_t port);
  ~Api();
  Api(const Api&) = delete;
  Api& operator=(const Api&) = delete;
  // Puts one A RRset; gives the HTTP status. Blocks until the controller has judged it.
  int put_a(const std::string& zone, const std::string& owner, const std::string& address);

 private:
  int socket_;
};

// UDP sockets to every edge, several source ports each, so that every worker is asked.
class Edges {
 public:
  Edges(const std::vector<std::uint16_t>& ports, std::size_t sockets_per_edge);
  ~Edges();
  Edges(const Edges&) = delete;
  Edges& operator=(const Edges&) = delete;
  // Asks all sockets round by round until each has answered `owner A` with `address`; gives the
  // time of the last one to do so, counted from `begin`. -1: not within the deadline.
  Micros wait_for(const dns::Name& owner, std::uint32_t address, Clock::time_point begin);
  std::uint64_t queries() const noexcept { return queries_; }

 private:
  std::vector<int> sockets_;
  std::uint64_t queries_ = 0;
};

// Append to a topic of its own, see it at a Source of its own: the floor under every change.
class Echo {
 public:
  static base::Result<Echo> open(log::Log& log, const std::string& topic);
  base::Result<Micros> once(std::size_t octets);

 private:
  Echo(std::unique_ptr<log::Source> source, std::unique_ptr<log::Sink> sink)
      : source_(std::move(source)), sink_(std::move(sink)) {}
  std::unique_ptr<log::Source> source_;
  std::unique_ptr<log::Sink> sink_;
  std::uint64_t ticket_ = 0;
};

}  // namespace tidemark::loadtest
