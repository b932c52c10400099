// Which faults one history has. Each history leaves some out: what is rare beside everything else
// is common in one that has little else.
#pragma once

#include <cstdint>

#include "tests/simulation/simulation.hpp"

namespace tidemark::simulation {

struct Simulation::Faults {
  explicit Faults(Dice& dice)
      : percent(3 + dice.below(18)),
        nodes(dice.chance(75)),
        lines(dice.chance(60)),
        appends(dice.chance(60)),
        twins(dice.chance(50)),
        stalls(dice.chance(40)),
        disks(dice.chance(50)),
        clocks(dice.chance(30)),
        gibberish(dice.chance(20)) {
    // A log that is retained and loses its end needs an operator; so does one that is made anew.
    switch (dice.below(10)) {
      case 0:
      case 1:
      case 2:
      case 3:  cuts = true; break;
      case 4:
      case 5:  retains = true; break;
      case 6:  remakes = dice.chance(50); break;
      default: break;
    }
  }
  std::uint64_t percent;
  bool nodes, lines, appends, twins, stalls, disks, clocks, gibberish;
  static constexpr std::uint64_t remakes_after = 100;  // events
  bool cuts = false, retains = false, remakes = false;
};

}  // namespace tidemark::simulation
