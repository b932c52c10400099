// Refill: the ChangeSets that make a log which was made anew hold `target` again (docs/adr, 17).
//
// Each call decides on what the log has made so far, so it goes on after a crash, repairs what
// another one left half done, and two who fill at once with one target end in one state. Nothing of
// it is served: until the last ChangeSet, the Succession, versions lie below the one that was
// folded before. All are of one author, and the Succession has a higher author epoch than what
// comes before it: a part that arrives late is rejected by the fold.
//
// Threads  One. Memory: what is put into one call's ChangeSets, at most one zone more than
//          refill_octets_wanted.
// Cost     A call looks at the zones that it passes, once.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/dataset/dataset.hpp"
#include "core/event/change_set.hpp"
#include "core/fold/fold.hpp"

namespace tidemark::producer {

constexpr std::string_view refill_author = "tidemark-refill";
constexpr std::size_t refill_octets_wanted = 512 * 1024;  // of one ChangeSet

struct RefillTerms {
  event::Succession succession;  // to `target`
  std::string origin_system;     // marks each ChangeSet
  std::string reason;
  std::uint64_t created_ms = 0;  // for people
};

class Refill {
 public:
  Refill(dataset::Dataset target, RefillTerms terms);

  // What comes next; decided from `now`, which the ChangeSets of earlier calls have become part of.
  // The last one that is ever given is the Succession. Empty: `target` cannot be reached.
  std::vector<event::ChangeSet> next(const fold::State& now);
  static std::string origin_id(const event::Succession& to);  // "version 41 0123abcd..."

 private:
  using Changes = std::vector<event::ChangeSet>;
  Changes decide(const dataset::Dataset& now);
  Changes cookie_salts(const dataset::Dataset& now) const;
  Changes pools(const dataset::Dataset& now) const;
  Changes zones(const dataset::Dataset& now);
  Changes leftovers(const dataset::Dataset& now) const;
  Changes overrides(const dataset::Dataset& now) const;
  Changes constructions(const dataset::Dataset& now) const;
  Changes succession() const;
  event::ChangeSet blank() const;

  const dataset::Dataset target_;
  const RefillTerms terms_;
  const std::vector<dataset::Zone> zones_;
  std::size_t passed_ = 0;  // of zones_
  std::size_t rounds_ = 0;  // of the whole Dataset
};

}  // namespace tidemark::producer
