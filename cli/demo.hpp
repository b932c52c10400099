// Demo: a whole fleet on this machine: one controller, three edges, one prober, two backends, one
// log, one zone. Started in order, each waited for; stopped by their own pids.
//
// Threads   One, but for the backends' own.
// Errors    Failures with the last words of the program that failed. A signal during the start ends
//           it without a Failure.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/child_process.hpp"
#include "cli/demo_backends.hpp"
#include "cli/session.hpp"
#include "cli/signals.hpp"

namespace tidemark::cli {

struct DemoPorts {
  std::uint16_t api = 8053;
  std::array<std::uint16_t, 3> dns{5301, 5302, 5303};
  std::array<std::uint16_t, 3> admin{5391, 5392, 5393};
  std::uint16_t backends = 5380;
  std::uint16_t control = 5381;

  static DemoPorts above(std::uint16_t base);  // base+1..3, +91..93, +80, +81; the API at base+53
};

struct DemoSettings {
  DemoPorts ports{};
  std::string folder;    // fresh; of everybody's files
  std::string programs;  // folder of the other programs
  std::string log_url;
  std::string dataset;
};

class Demo {
 public:
  Demo(DemoSettings settings, Session session, Signals& signals);
  ~Demo();
  Demo(const Demo&) = delete;
  Demo& operator=(const Demo&) = delete;

  // False: a signal came meanwhile.
  Expected<bool> start();
  // Until a signal comes or `length` is over. A program that is killed meanwhile is started again
  // after a while: the others go on without it, and that is worth seeing.
  Outcome stay(std::optional<std::chrono::seconds> length);
  std::string commands_to_try() const;

 private:
  Outcome start_program(const std::string& name, const std::string& program,
                        std::vector<std::string> arguments);
  Outcome start_edges();
  Outcome check_programs();
  void revive_programs();
  // True once `holds`; false if a signal came.
  Expected<bool> wait_until(const std::string& what, const std::function<bool()>& holds);
  bool controller_answers() const;
  Outcome fill();
  bool edges_answer() const;
  bool backends_are_up() const;

  const DemoSettings settings_;
  Session session_;  // of the commands that the demo itself runs
  Signals& signals_;
  std::unique_ptr<DemoBackends> backends_;
  struct Program {
    std::string name;
    std::string path;
    std::vector<std::string> arguments;
    std::unique_ptr<ChildProcess> child;
    std::optional<std::chrono::steady_clock::time_point> due{};  // to start again
  };
  Expected<std::unique_ptr<ChildProcess>> start_child(const Program& program) const;
  std::vector<Program> programs_;  // ended in reverse
};

}  // namespace tidemark::cli
