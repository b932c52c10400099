// Descent: finds the places where two nodes differ by the pages of GET /v1/hashes (hash_page.hpp).
//
// It asks nobody itself: as long as next() gives a query, its owner asks both sides and gives it
// both bodies.
//
//   Descent descent(42);
//   while (const auto query = descent.next()) descent.give(left(*query), right(*query));
//
// Invariants  It ends: at most descent_queries_max queries, at most descent_places_max places.
// Threads     One.
// Errors      give(): Invalid: a body that is no such page, or of another version; it is over then.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/dataset/hash_tree.hpp"

namespace boost::json {
class object;
}

namespace tidemark::consumer {

constexpr std::size_t descent_places_max = 16;
constexpr std::size_t descent_queries_max = 256;

class Descent {
 public:
  explicit Descent(std::uint64_t seq);

  std::optional<std::string> next() const;  // "seq=42&zone=example.org."
  [[nodiscard]] base::Result<void> give(const std::string& left, const std::string& right);

  // In order of names; none after the end: the two hold the same at this version.
  const std::vector<dataset::Difference>& found() const noexcept { return found_; }
  bool is_complete() const noexcept { return complete_; }  // these are all places
  const std::string& left_hash() const noexcept { return left_hash_; }
  const std::string& right_hash() const noexcept { return right_hash_; }

 private:
  enum class Level : std::uint8_t { Top, Zones, Entries, Buckets, Rrsets };
  struct Query {
    Level level;
    std::string selects;  // "group=7"
    std::string zone{};
    bool construction = false;
  };
  using Object = boost::json::object;
  void take_top(const Object& left, const Object& right);
  void take_zones(const Query& query, const Object& left, const Object& right);
  void take_buckets(const Query& query, const Object& left, const Object& right);
  void take_rrsets(const Query& query, const Object& left, const Object& right);
  void take_entries(const Object& left, const Object& right);
  void ask(Query query);
  void add(dataset::Difference difference);

  const std::uint64_t seq_;
  std::deque<Query> queries_;
  std::size_t asked_ = 1;
  std::vector<dataset::Difference> found_;
  bool complete_ = true;
  std::string left_hash_, right_hash_;
};

}  // namespace tidemark::consumer
