#include "cli/demo_stale_plan.hpp"

#include <array>
#include <variant>
#include <vector>

#include "consumer/snapshot_file/snapshot_file.hpp"
#include "core/base/check.hpp"
#include "core/fold/fold.hpp"

namespace tidemark::cli {
namespace {

constexpr std::uint64_t addresses = 12;  // of each plan
constexpr std::size_t nodes = 3;
constexpr std::uint8_t first_plan = 1, second_plan = 2;

enum class Guards : std::uint8_t { Off, On };

dns::Name name(const std::string& text) {
  auto parsed = dns::Name::parse(text);
  TIDEMARK_CHECK(parsed.has_value(), "a name of the story is a name");
  return *std::move(parsed);
}

dns::Rrset rrset(const std::string& owner, dns::RrType type, base::Bytes rdata) {
  auto made = dns::canonicalize({name(owner), type, dns::Ttl(60), {std::move(rdata)}});
  TIDEMARK_CHECK(made.has_value(), "an RRset of the story is sound");
  return *std::move(made);
}

// The service's endpoint and its load balancers: plan 1 lies in 192.0.1.0/24, plan 2 in
// 192.0.2.0/24.
std::vector<dns::Rrset> plan(std::uint8_t number) {
  std::vector<dns::Rrset> all{rrset("db.example.", dns::RrType::A, {192, 0, number, 1})};
  for (std::uint64_t i = 1; i < addresses; ++i) {
    all.push_back(rrset("lb" + std::to_string(i) + ".example.", dns::RrType::A,
                        {192, 0, number, static_cast<std::uint8_t>(i + 1)}));
  }
  return all;
}

// Three nodes that read the same log, and what they say to it.
class Story {
 public:
  explicit Story(Guards guards) : guards_(guards) {
    for (std::size_t i = 0; i < nodes; ++i) {
      states_.push_back(fold::State::empty(consumer::lineage_of("demo"), dataset::HashSeed(i + 1)));
    }
    base::Bytes soa;
    for (int i = 0; i < 2; ++i) {
      const dns::Name server = name("ns.example.");
      soa.insert(soa.end(), server.wire().begin(), server.wire().end());
    }
    soa.resize(soa.size() + 20, 0);
    const dns::Name server = name("ns.example.");
    event::ZoneEdits zone{name("example."), event::ExpectAbsent{}};
    zone.edits = {event::CreateZone{},
                  event::PutRrset{rrset("example.", dns::RrType::Soa, std::move(soa))},
                  event::PutRrset{rrset("example.", dns::RrType::Ns,
                                        {server.wire().begin(), server.wire().end()})}};
    for (dns::Rrset& one : plan(0)) zone.edits.push_back(event::PutRrset{std::move(one)});
    (void)append("the zone", std::move(zone), {});
  }

  event::ZoneSeq seen() const {
    return states_[0].dataset.find_zone(name("example.").view())->seq();
  }

  std::string apply(std::uint8_t number, event::ZoneSeq decided_on) {
    event::ZoneEdits zone{name("example."), condition(decided_on)};
    for (dns::Rrset& one : plan(number)) zone.edits.push_back(event::PutRrset{std::move(one)});
    return append("plan " + std::to_string(number), std::move(zone), {});
  }
  // All addresses, for they are thought to be those of an old plan.
  std::string clean_up(event::ZoneSeq decided_on) {
    event::ZoneEdits zone{name("example."), condition(decided_on)};
    for (const dns::Rrset& one : plan(first_plan)) {
      zone.edits.push_back(event::DeleteRrset{one.owner, one.type});
    }
    std::optional<std::uint64_t> acknowledged;
    if (guards_ == Guards::Off) acknowledged = addresses;
    return append("clean-up", std::move(zone), acknowledged);
  }
  std::string answer() const {
    const auto zone = states_[0].dataset.find_zone(name("example.").view());
    for (const dns::Rrset& one : zone->rrsets()) {
      if (one.owner != name("db.example.")) continue;
      const base::Bytes& octets = one.rdata.front();
      return "192.0." + std::to_string(octets[2]) + "." + std::to_string(octets[3]) + ", plan " +
             std::to_string(octets[2]);
    }
    return "nothing: the name is gone";
  }
  // They judged alone, and agree.
  std::string agreement() const {
    for (const fold::State& state : states_) {
      TIDEMARK_CHECK(state.dataset.version() == states_[0].dataset.version(),
                     "the same records make the same state");
    }
    return "version " + std::to_string(states_[0].dataset.version().seq.value()) + ", hash " +
           base::to_hex(states_[0].dataset.version().state_hash.value());
  }

 private:
  event::Expect condition(event::ZoneSeq decided_on) const {
    if (guards_ == Guards::Off) return event::ExpectAny{};
    return event::ExpectExactly{decided_on};
  }
  std::string append(std::string reason, event::ZoneEdits zone,
                     std::optional<std::uint64_t> acknowledged) {
    event::ChangeSet change{.change_id = event::ChangeId({1, ++changes_}),
                            .author = "enactor",
                            .author_epoch = event::AuthorEpoch(0),
                            .reason = std::move(reason),
                            .acknowledged_removals = acknowledged};
    change.zones.push_back(std::move(zone));
    std::string told;
    for (fold::State& state : states_) {
      told = to_text(fold::step(state, change, static_cast<std::int64_t>(changes_) - 1));
    }
    return told;
  }
  static std::string to_text(const fold::Judgement& judgement) {
    if (const auto* accepted = std::get_if<fold::Accepted>(&judgement)) {
      return "accepted, version " + std::to_string(accepted->version.seq.value());
    }
    const auto* rejected = std::get_if<fold::Rejected>(&judgement);
    if (rejected == nullptr) return "known already";
    return "rejected: " + std::string(fold::to_text(rejected->reason)) + ": " + rejected->detail;
  }

  const Guards guards_;
  std::uint64_t changes_ = 0;
  std::vector<fold::State> states_;
};

std::string tell(Guards guards) {
  Story story(guards);
  const event::ZoneSeq early = story.seen();
  std::string told =
      "  10:00  enactor A takes plan 1, sees that it is the newest, and is delayed\n";
  told += "  10:01  enactor B applies plan 2: " + story.apply(second_plan, early) + "\n";
  told += "  10:02  B's clean-up begins: plan 1 is older than plan 2, its addresses shall go\n";
  told += "  10:03  A goes on and applies plan 1: " + story.apply(first_plan, early) + "\n";
  // Even one that looked a moment ago: what stops it is how much it would take away.
  told += "  10:04  the clean-up deletes all addresses: " + story.clean_up(story.seen()) + "\n";
  told += "  10:05  db.example. answers " + story.answer() + "\n";
  return told + "         three nodes, each by itself: " + story.agreement() + "\n";
}

}  // namespace

std::string tell_stale_plan() {
  return "The stale-plan race of October 2025, on the fold of this program.\n\n"
         "Without guards (every change says \"expect: any\", removals are acknowledged "
         "blindly):\n" +
         tell(Guards::Off) +
         "\nAs controllers write them (a change names the version that it was decided on):\n" +
         tell(Guards::On) + "\nThe whole story: docs/stale-plan-race.md\n";
}

}  // namespace tidemark::cli
