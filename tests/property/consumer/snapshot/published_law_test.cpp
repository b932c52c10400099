// Law 13: a Reader's publications never fall, whatever the order of publishing, reading, sleeping.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "consumer/snapshot/published.hpp"

namespace tidemark::consumer {
namespace {

constexpr int freed = -1;
struct Version {
  int number;
  std::vector<int>* alive;
  Version(int n, std::vector<int>* a) : number(n), alive(a) { (*alive)[std::size_t(n)] = n; }
  ~Version() { (*alive)[std::size_t(number)] = freed; }
};

RC_GTEST_PROP(PublishedLaw, ReadersNeverGoBackAndHoldOnlyWhatIsAlive, ()) {
  const auto steps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 8));
  std::vector<int> alive(steps.size() + 1, freed);
  const auto make = [&alive](int number) {
    return std::make_unique<const Version>(number, &alive);
  };
  Published<Version> published(make(0), 3);
  using Reader = Published<Version>::Reader;
  std::array<Reader, 3> readers{Reader(published, 0), Reader(published, 1), Reader(published, 2)};
  std::array<const Version*, 3> held{};  // by a batch that is still open
  std::array<int, 3> newest{};
  int next = 1;
  for (const int step : steps) {
    if (step < 2) {
      published.publish(make(next++));
    } else if (step < 5) {
      const auto r = static_cast<std::size_t>(step - 2);
      held[r] = &readers[r].current();
      RC_ASSERT(held[r]->number >= newest[r]);
      RC_ASSERT(held[r]->number == next - 1);
      newest[r] = held[r]->number;
    } else {
      const auto r = static_cast<std::size_t>(step - 5);
      readers[r].go_offline();
      held[r] = nullptr;
    }
    for (std::size_t r = 0; r < 3; ++r) {
      if (held[r] != nullptr) RC_ASSERT(alive[std::size_t(newest[r])] == newest[r]);
    }
    RC_ASSERT(published.passed() <= published.publications());
  }
  for (Reader& reader : readers) reader.go_offline();
  RC_ASSERT(published.reclaim() == 0u);
  RC_ASSERT(std::count(alive.begin(), alive.end(), freed) == std::int64_t(alive.size()) - 1);
}

}  // namespace
}  // namespace tidemark::consumer
