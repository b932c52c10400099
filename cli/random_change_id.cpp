#include "cli/random_change_id.hpp"

#include "net/system_ports.hpp"

namespace tidemark::cli {

event::ChangeId random_change_id() {
  net::SystemRandom random;
  return event::ChangeId({.high = random.next(), .low = random.next()});
}

}  // namespace tidemark::cli
