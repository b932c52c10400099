// The canonical octets of Observations, version 1. Integers big-endian, text is u16 length +
// octets.
//
//   "TMHO" u8 version, u64 log_ms
//   u32 probers, by name:        text name, u8 agent, u64 seen_ms
//   u32 endpoints, by pool, id:  text pool, text endpoint, u64 last_up_ms
//     u16 said, by prober:       u16 place of the prober above, u8 observed, u64 since_ms, text
//     cause
#include <algorithm>
#include <utility>

#include "core/health/observations.hpp"

namespace tidemark::health {

namespace {

constexpr std::string_view magic = "TMHO";
constexpr std::uint8_t version = 1;
constexpr std::size_t text_octets_max = 0xffff;

void put_text(base::Writer& out, std::string_view text) {
  text = text.substr(0, text_octets_max);
  out.put_u16(static_cast<std::uint16_t>(text.size()));
  out.put(text);
}
void put_time(base::Writer& out, std::int64_t ms) { out.put_u64(static_cast<std::uint64_t>(ms)); }

}  // namespace

// Takes fields and remembers that one was unsound; judged once for a run of them.
class Observations::Reading {
 public:
  explicit Reading(base::ByteView octets) : in_(octets) {}

  std::uint64_t number(std::size_t octets) {
    std::uint64_t value = 0;
    const auto taken = in_.take(octets);
    if (!taken) sound_ = false;
    if (taken) {
      for (const std::uint8_t octet : *taken) value = value << 8 | octet;
    }
    return value;
  }
  std::int64_t time() {
    const auto ms = static_cast<std::int64_t>(number(8));
    require(ms >= -1);
    return ms;
  }
  std::string text() {
    const auto taken = in_.take(number(2));
    if (!taken) sound_ = false;
    return taken ? std::string(base::as_text(*taken)) : std::string();
  }
  void require(bool holds) { sound_ = sound_ && holds; }
  bool sound() const { return sound_; }
  bool at_end() const { return in_.at_end(); }
  std::size_t position() const { return in_.position(); }

 private:
  base::Reader in_;
  bool sound_ = true;
};

base::Bytes Observations::to_octets() const {
  base::Writer out;
  out.put(magic);
  out.put_u8(version);
  put_time(out, log_ms_);
  std::vector<std::uint16_t> place(probers_.size());
  out.put_u32(static_cast<std::uint32_t>(index_.size()));
  for (std::uint16_t next = 0; const auto& [name, index] : index_) {
    place[index] = next++;
    put_text(out, name);
    out.put_u8(probers_[index].agent ? 1 : 0);
    put_time(out, probers_[index].seen_ms);
  }
  std::size_t endpoint_count = 0;
  for (const auto& [pool, endpoints] : pools_) endpoint_count += endpoints.size();
  out.put_u32(static_cast<std::uint32_t>(endpoint_count));
  for (const auto& [pool, endpoints] : pools_) {
    for (const auto& [endpoint, seen] : endpoints) {
      put_text(out, pool);
      put_text(out, endpoint);
      put_time(out, seen.last_up_ms);
      std::vector<const Said*> sorted;
      for (const Said& said : seen.said) sorted.push_back(&said);
      std::sort(sorted.begin(), sorted.end(),
                [&](const Said* a, const Said* b) { return place[a->prober] < place[b->prober]; });
      out.put_u16(static_cast<std::uint16_t>(sorted.size()));
      for (const Said* said : sorted) {
        out.put_u16(place[said->prober]);
        out.put_u8(static_cast<std::uint8_t>(said->observed));
        put_time(out, said->since_ms);
        put_text(out, said->cause);
      }
    }
  }
  return std::move(out).take();
}

// Only what to_octets() writes is taken: sorted, without twins, to the last octet.
base::Result<Observations> Observations::from_octets(base::ByteView octets) {
  Reading in(octets);
  const auto unsound = [&in](std::string_view place) {
    return base::fail(base::Errc::Invalid, "observations: " + std::string(place) +
                                               ": unsound before octet " +
                                               std::to_string(in.position()));
  };
  for (const char letter : magic) in.require(in.number(1) == static_cast<std::uint8_t>(letter));
  if (!in.sound()) return unsound("opening");
  if (in.number(1) != version) return base::fail(base::Errc::Unsupported, "observations: version");
  Observations all;
  all.log_ms_ = in.time();
  all.take_probers(in);
  if (!in.sound()) return unsound("probers");
  all.take_endpoints(in);
  in.require(in.at_end());
  if (!in.sound()) return unsound("endpoints");
  return all;
}

void Observations::take_probers(Reading& in) {
  const std::uint64_t count = in.number(4);
  in.require(count <= probers_max);
  for (std::uint64_t i = 0; i < count && in.sound(); ++i) {
    Prober prober{.name = in.text()};
    in.require(i == 0 || probers_.back().name < prober.name);
    const std::uint64_t agent = in.number(1);
    in.require(agent <= 1);
    prober.agent = agent == 1;
    prober.seen_ms = in.time();
    in.require(prober.seen_ms <= log_ms_);
    index_.emplace(prober.name, static_cast<std::uint16_t>(i));
    probers_.push_back(std::move(prober));
  }
}

void Observations::take_endpoints(Reading& in) {
  const std::uint64_t count = in.number(4);
  std::pair<std::string, std::string> before;
  for (std::uint64_t i = 0; i < count && in.sound(); ++i) {
    std::pair<std::string, std::string> name;
    name.first = in.text();
    name.second = in.text();
    in.require(i == 0 || before < name);
    pools_[name.first].emplace(name.second, take_seen(in));
    before = std::move(name);
  }
}

Observations::Seen Observations::take_seen(Reading& in) {
  Seen seen{.last_up_ms = in.time(), .said = {}};
  in.require(seen.last_up_ms <= log_ms_);
  const std::uint64_t count = in.number(2);
  in.require(count >= 1);
  for (std::uint64_t i = 0; i < count && in.sound(); ++i) {
    const std::uint64_t by = in.number(2);
    const std::uint64_t observed = in.number(1);
    const std::int64_t since_ms = in.time();
    std::string cause = in.text();
    in.require(by < probers_.size() && (i == 0 || seen.said.back().prober < by));
    in.require(observed >= 1 && observed <= 3 && since_ms <= log_ms_);
    if (!in.sound()) break;
    in.require(++probers_[by].endpoints <= event::observations_max);
    seen.said.push_back({static_cast<std::uint16_t>(by), static_cast<event::Observed>(observed),
                         since_ms, 0, std::move(cause)});
  }
  return seen;
}

}  // namespace tidemark::health
