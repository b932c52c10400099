// The simulator as a program: many seeds, or one with its trace.
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>

#include "core/base/check.hpp"
#include "tests/simulation/simulation.hpp"

namespace tidemark::simulation {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view usage =
    "usage: simulate_fleet [--seeds N] [--first S] [--off GUARD] [--trace SEED] [--twice]\n"
    "  Simulates N histories (default 1000) from seed S on (default 1); ends at the first\n"
    "  violation, with exit status 1.\n"
    "  --trace SEED  one history, with all that happens\n"
    "  --off GUARD   without this guard: ends with 0 when a violation is FOUND\n"
    "  --twice       each history twice: the traces must be the same\n"
    "  --guards      names of the guards\n";

struct Options {
  std::uint64_t seeds = 1000, first = 1;
  Guard off = Guard::None;
  bool tells = false, twice = false;
};

// On a disk of memory, if there is one: an outbox syncs often.
std::string make_folder() {
  const fs::path memory = "/dev/shm";
  const fs::path above = fs::is_directory(memory) ? memory : fs::temp_directory_path();
  std::string path = (above / "tidemark-simulation-XXXXXX").string();
  TIDEMARK_CHECK(mkdtemp(path.data()) != nullptr, "a temporary folder can be made");
  return path;
}

Verdict simulate(const Options& options, std::uint64_t seed, bool tells) {
  const std::string folder = make_folder();
  Verdict verdict;
  {
    Simulation simulation({seed, options.off, tells}, folder);
    verdict = simulation.run();
  }
  fs::remove_all(folder);
  return verdict;
}

void add(Verdict& all, const Verdict& one) {
  all.events += one.events;
  all.records += one.records;
  all.queries += one.queries;
  all.accepted += one.accepted;
  all.faults += one.faults;
  all.restarts += one.restarts;
  all.given_up += one.given_up;
  all.astray += one.astray;
  all.heal_rounds = std::max(all.heal_rounds, one.heal_rounds);
}

int run(const Options& options) {
  Verdict all;
  base::Sha256Stream traces;
  for (std::uint64_t seed = options.first; seed < options.first + options.seeds; ++seed) {
    const Verdict verdict = simulate(options, seed, options.tells);
    add(all, verdict);
    traces.update(base::as_bytes(verdict.trace));
    if (options.twice && simulate(options, seed, false).trace != verdict.trace) {
      std::cout << "seed " << seed << ": two runs, two traces\n";
      return 1;
    }
    if (verdict.violation.empty()) continue;
    std::cout << "seed " << seed << ": " << verdict.violation
              << "\nagain, with all that happened: tests/simulation/run --trace " << seed;
    if (options.off != Guard::None) std::cout << " --off " << to_text(options.off);
    std::cout << "\n";
    return options.off == Guard::None ? 1 : 0;
  }
  std::cout << options.seeds << " histories from seed " << options.first << ": no violation\n"
            << all.events << " events, " << all.records << " records, " << all.accepted
            << " accepted, " << all.faults << " faults, " << all.restarts << " restarts, "
            << all.queries << " questions; at most " << all.heal_rounds << " rounds to heal; "
            << all.given_up << " changes lost with the log's end and a controller's memory; "
            << all.astray << " times a node went astray and had to be told\n"
            << "trace " << base::to_hex(traces.finish()) << "\n";
  return options.off == Guard::None ? 0 : 1;
}

bool read_number(std::string_view text, std::uint64_t& into) {
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), into);
  return failed == std::errc{} && end == text.data() + text.size() && !text.empty();
}

int main_of(int count, char** words) {
  Options options;
  for (int i = 1; i < count; ++i) {
    const std::string_view word = words[i];
    const std::string_view value = i + 1 < count ? words[i + 1] : "";
    if (word == "--guards") {
      for (const Guard guard : all_guards()) std::cout << to_text(guard) << "\n";
      return 0;
    }
    if (word == "--twice") {
      options.twice = true;
      continue;
    }
    ++i;
    const auto guard = guard_from(value);
    if (word == "--off" && guard) {
      options.off = *guard;
    } else if (word == "--trace" && read_number(value, options.first)) {
      options.seeds = 1;
      options.tells = true;
    } else if (!(word == "--seeds" && read_number(value, options.seeds)) &&
               !(word == "--first" && read_number(value, options.first))) {
      std::cerr << usage;
      return word == "--help" ? 0 : 2;
    }
  }
  return run(options);
}

}  // namespace
}  // namespace tidemark::simulation

int main(int count, char** words) { return tidemark::simulation::main_of(count, words); }
