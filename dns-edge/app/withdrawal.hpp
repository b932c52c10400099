// Withdrawal: when this node wants to be taken out of anycast, and the file that says so.
//
//   it serves nothing       it answers nobody: "withdraw"
//   it lags                 for `after` at least half of its ring, counted with itself, is fresh
//   and
//                           serves newer versions than it does, and no pin keeps it back:
//                           "withdraw". `again` after it has caught up: "announce"
//   otherwise               "announce", at once. A node that does not hear its peers does not know
//                           that anybody else is there: whoever cannot reach the log stays
//
// Never all: a node lags only behind others that are fresh, so whoever serves the newest version
// stays, and at most half of a ring goes.
//
// The file holds one word and a line feed, is replaced in one step, and may be read by everybody.
//
// Threads   The feeder's.
// Errors    write(): Unavailable, naming the file.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "core/base/result.hpp"
#include "dns-edge/app/peer_watch.hpp"

namespace tidemark::edge {

struct WithdrawalSettings {
  std::string file{};  // empty: never
  std::chrono::seconds after{60}, again{30};
};

enum class Anycast : std::uint8_t { Announce, Withdraw };
std::string to_text(Anycast anycast);  // "announce", "withdraw"

class Withdrawal {
 public:
  explicit Withdrawal(WithdrawalSettings settings) : settings_(std::move(settings)) {}

  struct Sight {
    bool serves = false;
    bool pinned = false;
    PeerWatch::Count peers{};
  };
  // What changed, for the log.
  std::optional<std::string> step(const Sight& sight, std::chrono::nanoseconds now);
  Anycast wanted() const noexcept { return wanted_; }
  // It lags; that it serves nothing yet is no wish.
  bool wants_withdrawal() const noexcept { return lags_ && wanted_ == Anycast::Withdraw; }
  // Also at the end, with Withdraw, before the sockets are closed.
  base::Result<void> write(Anycast anycast) const;
  const std::string& file() const noexcept { return settings_.file; }

 private:
  const WithdrawalSettings settings_;
  Anycast wanted_ = Anycast::Withdraw;
  bool lags_ = false;
  std::optional<std::chrono::nanoseconds> behind_since_, well_since_;
};

}  // namespace tidemark::edge
