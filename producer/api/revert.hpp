// Revert: gives the zones and pools that a range of versions touched what they held before it, by
// new changes. One zone or pool a change, decided against what is there now.
//
// Several controllers may do this at once: the change_id of each follows from what is reverted and
// from the state that it is decided on, so the fold sees twins, or finds nothing left to do.
//
// A zone that somebody changed after the range is left to them. Overrides, cookie salts and zone
// settings stay as they are.
//
// Threads  One.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/http_server.hpp"
#include "producer/api/rollback.hpp"
#include "producer/api/wishes.hpp"

namespace tidemark::producer {

constexpr std::size_t revert_objects_max = 10'000;

class Revert {
 public:
  using Take = std::function<void(ReadWish, Terms, net::Respond)>;

  // `good`: the version whose content comes back; `bad`: the newest suspect, made by `change`.
  Revert(base::U128 change, std::uint64_t good, std::uint64_t bad);

  void step(const RollbackPorts& ports, const Take& take, std::chrono::nanoseconds now);
  bool is_done() const noexcept { return begun_ && open_.empty(); }
  const base::U128& change() const noexcept { return change_; }
  std::size_t reverted() const noexcept { return reverted_; }
  const std::vector<std::string>& skipped() const noexcept { return skipped_; }
  const std::string& trouble() const noexcept { return trouble_; }  // of the last try; empty: none
  std::uint64_t good() const noexcept { return good_; }

 private:
  struct Answer {
    std::optional<net::HttpResponse> response{};
  };
  struct Object {
    std::string name;  // "example.org.", "pool/web"
    std::optional<dns::Name> zone;
    std::shared_ptr<Answer> asked{};  // under way; shared with the Desk, which may outlive us
    std::optional<std::uint64_t> acknowledged{};
    std::chrono::nanoseconds not_before{0};
    std::uint64_t tries = 0;
  };
  void begin(const RollbackPorts& ports);
  bool ask(Object& object, const RollbackPorts& ports, const Take& take);
  bool hear(Object& object, std::chrono::nanoseconds now);  // true: done

  base::U128 change_;
  std::uint64_t good_, bad_;
  bool begun_ = false;
  std::list<Object> open_;
  std::vector<std::string> skipped_;
  std::size_t reverted_ = 0;
  std::string trouble_;
};

}  // namespace tidemark::producer
