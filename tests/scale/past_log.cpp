// past_log FILE DATASET CHANGES YEARS SEED: a SQLite log of so many ChangeSets over so many years
// of log time, for tests of the past at scale. Prints one JSON object of what is planted in it.
//
// The records are what a controller writes; each is folded here too, and one that is not accepted
// ends the program. They are put into the file by hand, for a log gives its own time to what is
// appended.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "consumer/snapshot_file/snapshot_file.hpp"
#include "core/base/check.hpp"
#include "core/dns/rdata.hpp"
#include "core/fold/fold.hpp"
#include "schemas/codec.hpp"
#include "topics/sqlite_log.hpp"
#include "topics/sqlite_schema.hpp"

namespace tidemark {
namespace {

using base::Result;

constexpr std::uint64_t names_of_a_zone_max = 1000, pools = 10, authors = 50;
constexpr std::int64_t day_ms = 86'400'000, year_ms = 365 * day_ms;

class Dice {  // splitmix64
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  std::uint64_t below(std::uint64_t limit) {
    std::uint64_t mixed = (state_ += 0x9e3779b97f4a7c15u);
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
    return (mixed ^ (mixed >> 31)) % limit;
  }

 private:
  std::uint64_t state_;
};

struct Wanted {
  std::string path, dataset;
  std::uint64_t changes, years, seed;
};

dns::Rrset rrset_of(const dns::Name& owner, dns::RrType type, std::uint32_t ttl,
                    const std::vector<std::string>& texts, const dns::Name& origin) {
  dns::Rrset rrset{owner, type, dns::Ttl(ttl), {}};
  for (const std::string& text : texts) {
    rrset.rdata.push_back(dns::rdata_from_text(type, text, origin).value());
  }
  return dns::canonicalize(std::move(rrset)).value();
}

// One who changes zones for years.
class Life {
 public:
  explicit Life(const Wanted& wanted)
      : wanted_(wanted),
        dice_(wanted.seed),
        names_(std::clamp<std::uint64_t>(wanted.changes / 100, 20, names_of_a_zone_max)) {
    for (std::uint64_t i = 0; i < std::clamp<std::uint64_t>(wanted.changes / 10'000, 5, 100); ++i) {
      zones_.push_back(dns::Name::parse("zone-" + std::to_string(i) + ".example.").value());
    }
  }
  const std::vector<dns::Name>& zones() const { return zones_; }
  std::uint64_t names() const { return names_; }
  std::uint64_t planted_at() const { return wanted_.changes * 618 / 1000; }

  // The changes of one moment: one, or the records of one rebuilt zone.
  std::vector<event::ChangeSet> next(std::uint64_t number, const dataset::Dataset& now) {
    if (number < zones_.size()) return {create(number, zones_[number])};
    if (number < zones_.size() + pools) return {put_pool(number, number - zones_.size())};
    if (number == planted_at()) return {plant(number)};
    const dns::Name& zone = zones_[dice_.below(zones_.size())];
    const auto found = now.find_zone(zone);
    if (!found) return {create(number, zone)};
    const std::uint64_t die = dice_.below(100'000);
    if (die < 5 && zone != zones_.front()) return {remove(number, *found)};
    if (die < 10 && zone != zones_.front()) return rebuild(number, zone);
    if (die < 500) return {put_pool(number, dice_.below(pools))};
    if (die < 800) return {put_override(number)};
    if (die < 9'000) return {delete_one(number, zone, *found)};
    if (die < 12'000) return {put_many(number, zone)};
    return {in_zone(number, zone, {event::PutRrset{some_rrset(zone)}})};
  }

 private:
  event::ChangeSet change_of(std::uint64_t number) {
    event::ChangeSet change{.change_id = event::ChangeId({wanted_.seed, number}),
                            .author = "author-" + std::to_string(dice_.below(authors)),
                            .author_epoch = event::AuthorEpoch(0),
                            .reason = "ticket " + std::to_string(number) + ": move of a service"};
    return change;
  }
  event::ChangeSet in_zone(std::uint64_t number, const dns::Name& zone,
                           std::vector<event::ZoneEdit> edits, bool construction = false) {
    event::ChangeSet change = change_of(number);
    change.zones.push_back(
        {zone, event::ExpectAny{}, construction, std::nullopt, std::move(edits)});
    return change;
  }
  event::PutRrset soa(const dns::Name& zone) {
    return {rrset_of(zone, dns::RrType::Soa, 3600,
                     {"ns1.example. hostmaster.example. 1 7200 900 1209600 300"}, zone)};
  }
  event::PutRrset ns(const dns::Name& zone) {
    return {rrset_of(zone, dns::RrType::Ns, 3600, {"ns1.example.", "ns2.example."}, zone)};
  }
  event::ChangeSet create(std::uint64_t number, const dns::Name& zone) {
    return in_zone(number, zone, {event::CreateZone{}, soa(zone), ns(zone)});
  }
  event::ChangeSet plant(std::uint64_t number) {
    const dns::Name& zone = zones_.front();
    auto change = in_zone(number, zone,
                          {event::PutRrset{rrset_of(*zone.child("planted"), dns::RrType::A, 60,
                                                    {"192.0.2.66"}, zone)}});
    change.author = "mallory";
    change.reason = "looks harmless";
    return change;
  }
  dns::Name some_name(const dns::Name& zone) {
    return *zone.child("host-" + std::to_string(dice_.below(names_)));
  }
  dns::Rrset some_rrset(const dns::Name& zone) {
    const dns::Name owner = some_name(zone);
    const auto ttl = static_cast<std::uint32_t>(60 * (1 + dice_.below(60)));
    const auto text = [&](const char* prefix) { return prefix + std::to_string(dice_.below(250)); };
    switch (dice_.below(10)) {
      case 0:
        return rrset_of(owner, dns::RrType::Txt, ttl,
                        {"\"v=" + std::to_string(dice_.below(1'000'000)) + "\""}, zone);
      case 1: return rrset_of(owner, dns::RrType::Mx, ttl, {text("10 mail-") + ".example."}, zone);
      case 2: return rrset_of(owner, dns::RrType::Aaaa, ttl, {text("2001:db8::")}, zone);
      default:
        return rrset_of(owner, dns::RrType::A, ttl, {text("192.0.2."), text("198.51.100.")}, zone);
    }
  }
  event::ChangeSet put_many(std::uint64_t number, const dns::Name& zone) {
    std::map<std::pair<dns::Name, dns::RrType>, dns::Rrset> several;
    for (std::uint64_t i = 0; i < 2 + dice_.below(10); ++i) {
      dns::Rrset one = some_rrset(zone);
      several.insert_or_assign({one.owner, one.type}, one);
    }
    std::vector<event::ZoneEdit> edits;
    for (auto& [place, rrset] : several) edits.emplace_back(event::PutRrset{std::move(rrset)});
    return in_zone(number, zone, std::move(edits));
  }
  // Of what is there; a zone with hardly anything in it gets more instead.
  event::ChangeSet delete_one(std::uint64_t number, const dns::Name& apex,
                              const dataset::Zone& zone) {
    const dns::Name owner = some_name(apex);
    const auto node = zone.find(owner);
    for (const dns::RrType type : {dns::RrType::A, dns::RrType::Txt, dns::RrType::Mx}) {
      if (node && node->find(type)) return in_zone(number, apex, {event::DeleteRrset{owner, type}});
    }
    return in_zone(number, apex, {event::PutRrset{some_rrset(apex)}});
  }
  event::ChangeSet remove(std::uint64_t number, const dataset::Zone& zone) {
    return in_zone(number, dns::Name(zone.name()), {event::DeleteZone{}});
  }
  std::vector<event::ChangeSet> rebuild(std::uint64_t number, const dns::Name& zone) {
    std::map<std::pair<dns::Name, dns::RrType>, dns::Rrset> built;
    for (std::uint64_t i = 0; i < names_; ++i) {
      dns::Rrset one = some_rrset(zone);
      built.insert_or_assign({one.owner, one.type}, one);
    }
    std::vector<event::ZoneEdit> edits{soa(zone), ns(zone)};
    for (auto& [place, rrset] : built) edits.emplace_back(event::PutRrset{rrset});
    const std::uint64_t held = edits.size();
    return {in_zone(number, zone, {event::BeginConstruction{}}, true),
            in_zone(number + 1, zone, std::move(edits), true),
            in_zone(number + 2, zone, {event::CommitConstruction{held}}, true)};
  }
  event::ChangeSet put_pool(std::uint64_t number, std::uint64_t which) {
    event::ChangeSet change = change_of(number);
    event::Pool pool{.name = "pool-" + std::to_string(which), .endpoints = {}, .check = {}};
    for (std::uint8_t i = 0; i < 2 + dice_.below(4); ++i) {
      event::Endpoint endpoint{.id = "e" + std::to_string(i),
                               .address = {event::Address::Family::V4, {203, 0, 113, i}}};
      endpoint.weight = static_cast<std::uint8_t>(1 + dice_.below(9));
      pool.endpoints.push_back(std::move(endpoint));
    }
    change.pools.push_back(event::PutPool{std::move(pool)});
    return change;
  }
  event::ChangeSet put_override(std::uint64_t number) {
    event::ChangeSet change = change_of(number);
    event::Override value{
        .pool = "pool-" + std::to_string(dice_.below(pools)),
        .endpoint = "e0",
        .state = dice_.below(2) == 0 ? event::OverrideState::Down : event::OverrideState::Drain,
        .until_ms = 0,
        .reason = {}};
    change.pools.push_back(event::PutOverride{std::move(value)});
    return change;
  }

  const Wanted wanted_;
  Dice dice_;
  const std::uint64_t names_;
  std::vector<dns::Name> zones_;
};

class LogWriter {
 public:
  static Result<LogWriter> open(const Wanted& wanted) {
    TIDEMARK_TRY(auto log, topics::SqliteLog::open(wanted.path));
    std::vector<log::TopicSettings> all;
    for (const auto& [kind, cleanup] : std::vector<std::pair<std::string, log::Cleanup>>{
             {"changes", log::Cleanup::Delete},
             {"health", log::Cleanup::Delete},
             {"control", log::Cleanup::Compact},
             {"fleet", log::Cleanup::CompactDelete}}) {
      all.push_back({.name = wanted.dataset + "." + kind, .cleanup = cleanup});
    }
    TIDEMARK_TRY_VOID(log->create(all));
    TIDEMARK_TRY(auto file, topics::open_sqlite_log(wanted.path));
    TIDEMARK_TRY(auto row, topics::prepare_topic_row(file, all.front().name));
    TIDEMARK_TRY(const auto topic, topics::read_topic_row(row, all.front().name));
    TIDEMARK_TRY(auto insert, file.prepare("INSERT INTO " + topics::record_table(topic) +
                                           " VALUES(?1,?2,?3,?4,NULL)"));
    return LogWriter(std::move(file), std::move(insert), topic.id);
  }
  Result<void> add(std::int64_t offset, std::int64_t ms, const std::string& key,
                   const base::Bytes& value) {
    if (pending_ == 0) TIDEMARK_TRY_VOID(file_.run("BEGIN IMMEDIATE"));
    insert_.bind(1, offset);
    insert_.bind(2, ms);
    insert_.bind(3, base::as_bytes(key));
    insert_.bind(4, base::ByteView(value));
    TIDEMARK_TRY_VOID(insert_.run());
    next_ = offset + 1;
    last_ms_ = ms;
    return ++pending_ < 20'000 ? Result<void>() : flush();
  }
  Result<void> flush() {
    if (std::exchange(pending_, 0) == 0) return {};
    return file_.run("UPDATE topic SET next_position=" + std::to_string(next_) +
                     ", last_append_ms=" + std::to_string(last_ms_) +
                     " WHERE id=" + std::to_string(topic_) + "; COMMIT");
  }

 private:
  LogWriter(topics::SqliteFile file, topics::SqliteStatement insert, std::int64_t topic)
      : file_(std::move(file)), insert_(std::move(insert)), topic_(topic) {}
  topics::SqliteFile file_;
  topics::SqliteStatement insert_;
  std::int64_t topic_, next_ = 0, last_ms_ = 0;
  std::size_t pending_ = 0;
};

// What the guard wants to hear of a change that removes much: the last word of its refusal.
event::ChangeSet acknowledged(const fold::State& state, event::ChangeSet change) {
  const auto removes = [](const event::ZoneEdit& edit) {
    return std::holds_alternative<event::DeleteZone>(edit) ||
           std::holds_alternative<event::CommitConstruction>(edit);
  };
  if (change.zones.empty() || std::ranges::none_of(change.zones.front().edits, removes)) {
    return change;
  }
  const auto judged = fold::preview(state, change);
  if (const auto* rejected = std::get_if<fold::Rejected>(&judged)) {
    const std::string& said = rejected->detail;
    change.acknowledged_removals = std::strtoull(said.c_str() + said.rfind(' '), nullptr, 10);
  }
  return change;
}

Result<void> write(const Wanted& wanted) {
  TIDEMARK_TRY(auto writer, LogWriter::open(wanted));
  Life life(wanted);
  Dice dice(wanted.seed + 1);
  auto state =
      fold::State::empty(consumer::lineage_of(wanted.dataset), dataset::HashSeed(wanted.seed));
  const auto span = static_cast<std::int64_t>(wanted.years) * year_ms;
  const std::int64_t mean = span / static_cast<std::int64_t>(wanted.changes);
  const std::int64_t begin = 1'751'328'000'000 - span;  // ends in July 2025
  std::int64_t ms = begin, offset = 0;
  std::uint64_t planted_seq = 0;
  for (std::uint64_t number = 0; number < wanted.changes;) {
    // Some come in the same millisecond, most hours apart.
    if (dice.below(20) != 0) {
      ms += static_cast<std::int64_t>(dice.below(static_cast<std::uint64_t>(2 * mean + 1)));
    }
    const bool planted = number == life.planted_at();
    for (event::ChangeSet& wish : life.next(number, state.dataset)) {
      const event::ChangeSet change = acknowledged(state, std::move(wish));
      const base::Bytes value = schemas::encode(change);
      TIDEMARK_TRY([[maybe_unused]] const auto decoded, schemas::decode_change_set(value));
      const auto judgement = fold::step(state, change, offset);
      const auto* rejected = std::get_if<fold::Rejected>(&judgement);
      if (rejected != nullptr || std::holds_alternative<fold::Twin>(judgement)) {
        return base::fail(base::Errc::Invalid,
                          "change " + std::to_string(number) + " is not accepted: " +
                              (rejected != nullptr ? rejected->detail : std::string("a twin")));
      }
      fold::advance(state, offset, {});
      const std::string key = change.zones.empty() ? "" : change.zones.front().zone.to_text();
      TIDEMARK_TRY_VOID(writer.add(offset++, ms, key, value));
      ++number;
    }
    if (planted) planted_seq = state.dataset.version().seq.value();
  }
  TIDEMARK_TRY_VOID(writer.flush());
  std::printf(
      "{\"records\": %lld, \"seq\": %llu, \"planted\": %llu, \"zones\": %zu, "
      "\"names\": %llu, \"first_ms\": %lld, \"last_ms\": %lld}\n",
      static_cast<long long>(offset),
      static_cast<unsigned long long>(state.dataset.version().seq.value()),
      static_cast<unsigned long long>(planted_seq), life.zones().size(),
      static_cast<unsigned long long>(life.names()), static_cast<long long>(begin),
      static_cast<long long>(ms));
  return {};
}

}  // namespace
}  // namespace tidemark

int main(int argc, char** argv) {
  if (argc != 6) {
    std::fprintf(stderr, "usage: past_log FILE DATASET CHANGES YEARS SEED\n");
    return 2;
  }
  const auto number = [&](int at) { return std::strtoull(argv[at], nullptr, 10); };
  const auto written = tidemark::write({argv[1], argv[2], number(3), number(4), number(5)});
  if (written) return 0;
  std::fprintf(stderr, "past_log: %s\n", written.error().trail.c_str());
  return 1;
}
