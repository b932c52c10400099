// Clients: who wants changes. Some ask controllers and hear an answer, with and without conditions;
// an Enactor makes plans early, applies them late, and knows nothing of those who took over from
// it.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/simulation/controller.hpp"

namespace tidemark::simulation {

inline const std::vector<std::string> zone_names{"one.sim.", "two.sim."};
constexpr std::uint64_t numbered_names = 12;  // n1 to n12 in each zone

class Clients {
 public:
  Clients(World& world, std::vector<std::unique_ptr<Controller>>& controllers);

  void create_zones();  // asks the first controller
  void act();           // one wish, or one step of the Enactor
  void edit();          // one that is always a change

  // Told "done" or "on its way", and the log knows nothing of it. `last`: nothing more will come.
  std::string broken_promise(bool last) const;
  void forget_all();  // the log was made anew
  // The log lost these offsets.
  void excuse(std::int64_t from);
  void crashed(std::size_t controller);
  std::uint64_t given_up() const;

 private:
  event::ChangeId next_id() { return event::ChangeId({7, ++number_}); }
  std::string token() { return "t" + std::to_string(number_); }
  void send(std::size_t to, const std::string& zone, producer::Wish wish, producer::Terms terms);
  producer::EditZone pair_edit(const std::string& zone);
  void with_condition();
  void edit_names();
  void replace_zone();
  void make_plan();
  void apply_plan();

  World& world_;
  std::vector<std::unique_ptr<Controller>>& controllers_;
  std::uint64_t number_ = 0;
  std::vector<std::shared_ptr<Promise>> promises_;
  std::set<base::U128> cut_;
  struct Read {
    std::string zone;
    event::ZoneSeq seq;
  };
  std::deque<Read> reads_;

  log::MemoryLog log_;
  std::unique_ptr<log::Sink> sink_;
  std::deque<event::ChangeSet> plans_;
  std::uint64_t epoch_ = 1, ticket_ = 0;
};

}  // namespace tidemark::simulation
