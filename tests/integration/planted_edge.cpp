// tidemark-edge with a fault planted in it: it aborts because of a version that holds the name
// boom.example.org. TIDEMARK_PLANT says when: "load": before that version is served; a number:
// so many seconds after it was first served. Never part of what is installed.
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>

#include "dns-edge/app/edge_program.hpp"

namespace {

bool holds_it(const tidemark::dataset::Dataset& dataset) {
  const auto name = tidemark::dns::Name::parse("boom.example.org.");
  const auto zone = dataset.enclosing_zone(*name);
  return zone && zone->find(*name);
}

}  // namespace

int main(int argc, char** argv) {
  const char* const told = std::getenv("TIDEMARK_PLANT");
  const std::string when = told == nullptr ? "load" : told;
  static std::atomic<bool> begun{false}, armed{false};
  return tidemark::edge::run_edge(argc, argv, "planted", [when](const auto& dataset) {
    armed = holds_it(dataset);
    if (!armed) return;
    if (when == "load") std::abort();
    if (begun.exchange(true)) return;
    std::thread([when] {
      std::this_thread::sleep_for(std::chrono::milliseconds(std::atoi(when.c_str()) * 1000));
      if (armed) std::abort();
    }).detach();
  });
}
