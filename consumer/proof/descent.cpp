#include "consumer/proof/descent.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

#include <boost/json.hpp>

#include "core/dns/name.hpp"
#include "net/json.hpp"
#include "net/url.hpp"

namespace tidemark::consumer {

namespace {

namespace json = boost::json;

std::string text_of(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  const json::string* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string() : std::string(*text);
}

// Key to hash, of an object of hashes.
std::map<std::string, std::string> hashes_of(const json::object& page, std::string_view key) {
  std::map<std::string, std::string> all;
  const json::value* value = page.if_contains(key);
  if (value == nullptr || !value->is_object()) return all;
  for (const auto& [name, hash] : value->get_object()) {
    if (hash.is_string()) all.emplace(name, std::string(hash.get_string()));
  }
  return all;
}

// What a list of objects says, by the words of some of its members.
using Rows = std::map<std::vector<std::string>, const json::object*>;
Rows rows_of(const json::object& page, std::string_view list,
             std::initializer_list<std::string_view> keys) {
  Rows rows;
  const json::value* value = page.if_contains(list);
  if (value == nullptr || !value->is_array()) return rows;
  for (const json::value& one : value->get_array()) {
    if (!one.is_object()) continue;
    std::vector<std::string> words;
    for (const std::string_view key : keys) words.push_back(text_of(one.get_object(), key));
    rows.emplace(std::move(words), &one.get_object());
  }
  return rows;
}

// Calls visit(words, left, right) for every row whose hash differs; an absent row is null.
void for_each_unlike(const Rows& left, const Rows& right,
                     const std::function<void(const std::vector<std::string>&, const json::object*,
                                              const json::object*)>& visit) {
  Rows all = left;
  all.insert(right.begin(), right.end());
  for (const auto& [words, ignored] : all) {
    const auto a = left.find(words);
    const auto b = right.find(words);
    const json::object* ours = a == left.end() ? nullptr : a->second;
    const json::object* theirs = b == right.end() ? nullptr : b->second;
    if (ours != nullptr && theirs != nullptr && text_of(*ours, "hash") == text_of(*theirs, "hash"))
      continue;
    visit(words, ours, theirs);
  }
}

std::string word_of(const json::object* row, std::string_view key) {
  return row == nullptr ? std::string() : text_of(*row, key);
}

std::uint64_t seq_of(const json::object& page) {
  const json::value* value = page.if_contains("seq");
  if (value == nullptr || !value->is_number()) return 0;
  boost::system::error_code error;
  const auto seq = value->to_number<std::uint64_t>(error);
  return error ? 0 : seq;
}

}  // namespace

Descent::Descent(std::uint64_t seq) : seq_(seq) { queries_.push_back({Level::Top, {}}); }

std::optional<std::string> Descent::next() const {
  if (queries_.empty()) return std::nullopt;
  const std::string& selects = queries_.front().selects;
  return "seq=" + std::to_string(seq_) + (selects.empty() ? "" : "&" + selects);
}

base::Result<void> Descent::give(const std::string& left, const std::string& right) {
  const Query query = std::move(queries_.front());
  queries_.pop_front();
  const auto ours = net::parse_json(left);
  const auto theirs = net::parse_json(right);
  for (const auto* side : {&ours, &theirs}) {
    if (*side && (*side)->is_object() && seq_of((*side)->get_object()) == seq_) continue;
    queries_.clear();
    return base::fail(base::Errc::Invalid, "not a page of hashes of version " +
                                               std::to_string(seq_) + ": " +
                                               (side == &ours ? left : right).substr(0, 200));
  }
  const json::object& a = ours->get_object();
  const json::object& b = theirs->get_object();
  switch (query.level) {
    case Level::Top:     take_top(a, b); break;
    case Level::Zones:   take_zones(query, a, b); break;
    case Level::Entries: take_entries(a, b); break;
    case Level::Buckets: take_buckets(query, a, b); break;
    case Level::Rrsets:  take_rrsets(query, a, b); break;
  }
  if (found_.size() >= descent_places_max && !queries_.empty()) {
    complete_ = false;
    queries_.clear();
  }
  return {};
}

void Descent::ask(Query query) {
  if (asked_ == descent_queries_max) {
    complete_ = false;
    return;
  }
  ++asked_;
  queries_.push_back(std::move(query));
}

void Descent::add(dataset::Difference difference) {
  if (found_.size() == descent_places_max) {
    complete_ = false;
    return;
  }
  const auto key = [](const dataset::Difference& one) {
    return std::tie(one.zone, one.name, one.type, one.kind);
  };
  const auto at = std::ranges::upper_bound(found_, key(difference), {}, key);
  found_.insert(at, std::move(difference));
}

void Descent::take_top(const Object& left, const Object& right) {
  left_hash_ = text_of(left, "state_hash");
  right_hash_ = text_of(right, "state_hash");
  if (left_hash_ == right_hash_) return;
  const auto ours = hashes_of(left, "groups");
  const auto theirs = hashes_of(right, "groups");
  auto all = ours;
  all.insert(theirs.begin(), theirs.end());
  for (const auto& [group, ignored] : all) {
    const auto a = ours.find(group);
    const auto b = theirs.find(group);
    if (a != ours.end() && b != theirs.end() && a->second == b->second) continue;
    ask({Level::Zones, "group=" + group});
  }
  if (text_of(left, "entries") != text_of(right, "entries")) ask({Level::Entries, "entries=1"});
  if (text_of(left, "constructions") != text_of(right, "constructions")) {
    ask({Level::Zones, "constructions=1", {}, true});
  }
}

void Descent::take_zones(const Query& query, const Object& left, const Object& right) {
  for_each_unlike(rows_of(left, "zones", {"zone"}), rows_of(right, "zones", {"zone"}),
                  [&](const auto& words, const json::object* a, const json::object* b) {
                    const std::string& zone = words[0];
                    if (a == nullptr || b == nullptr) {
                      add({"zone", zone, {}, {}, word_of(a, "hash"), word_of(b, "hash")});
                      return;
                    }
                    const std::string selects = (query.construction ? "construction=" : "zone=") +
                                                net::encode_segment(zone);
                    ask({Level::Buckets, selects, zone, query.construction});
                  });
}

void Descent::take_buckets(const Query& query, const Object& left, const Object& right) {
  const auto ours = hashes_of(left, "buckets");
  const auto theirs = hashes_of(right, "buckets");
  auto all = ours;
  all.insert(theirs.begin(), theirs.end());
  std::size_t asked = 0;
  for (const auto& [bucket, ignored] : all) {
    const auto a = ours.find(bucket);
    const auto b = theirs.find(bucket);
    if (a != ours.end() && b != theirs.end() && a->second == b->second) continue;
    if (++asked > descent_places_max) {  // each holds a place at least
      complete_ = false;
      return;
    }
    ask({Level::Rrsets, query.selects + "&bucket=" + bucket, query.zone, query.construction});
  }
}

void Descent::take_rrsets(const Query& query, const Object& left, const Object& right) {
  for_each_unlike(
      rows_of(left, "rrsets", {"name", "type"}), rows_of(right, "rrsets", {"name", "type"}),
      [&](const auto& words, const json::object* a, const json::object* b) {
        add({"rrset", query.zone, words[0], words[1], word_of(a, "value"), word_of(b, "value")});
      });
}

void Descent::take_entries(const Object& left, const Object& right) {
  for_each_unlike(rows_of(left, "entries", {"kind", "name"}),
                  rows_of(right, "entries", {"kind", "name"}),
                  [&](const auto& words, const json::object* a, const json::object* b) {
                    add({words[0], {}, words[1], {}, word_of(a, "hash"), word_of(b, "hash")});
                  });
}

}  // namespace tidemark::consumer
