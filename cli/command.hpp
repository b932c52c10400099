// Command: one command of the tool, its arguments and what it does. The only door to CLI11, whose
// headers cost seconds a file.
//
// Every command says in one line what it does and shows an example: both are arguments of add(), so
// none can be forgotten. Options stay valid as long as the action: let the action own them.
//
//   auto options = std::make_shared<Options>();
//   Command show = zone.add("show", "Shows a zone", "tidemark zone show example.org");
//   show.argument("ZONE", options->zone, "Name of the zone");
//   show.action([options] { return show_zone(*options); });
//
// Errors  What is wrong with the command line is told by run(), which then gives Exit::Usage.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/outcome.hpp"

namespace CLI {  // NOLINT(readability-identifier-naming): CLI11's own
class App;
}

namespace tidemark::cli {

class Command {
 public:
  Command add(const std::string& name, const std::string& what, const std::string& example);
  // A command with commands below it that does something by itself, too.
  void stands_alone();

  // Positional.
  void argument(const std::string& name, std::string& into, const std::string& what);
  void argument(const std::string& name, std::optional<std::string>& into, const std::string& what);
  void arguments(const std::string& name, std::vector<std::string>& into, const std::string& what);

  // "--ttl" or "-o,--output"; `value` is what stands for the value in the help: "SECONDS".
  void option(const std::string& names, std::string& into, const std::string& value,
              const std::string& what);  // the default is what `into` holds
  void option(const std::string& names, std::optional<std::string>& into, const std::string& value,
              const std::string& what);
  void option(const std::string& names, std::optional<std::uint64_t>& into,
              const std::string& value, const std::string& what);
  void option(const std::string& names, std::vector<std::string>& into, const std::string& value,
              const std::string& what);
  void required_option(const std::string& names, std::string& into, const std::string& value,
                       const std::string& what);
  // For people to read: blank is as good as absent.
  void required_words(const std::string& names, std::string& into, const std::string& value,
                      const std::string& what);
  void words(const std::string& names, std::string& into, const std::string& value,
             const std::string& what);
  void required_option(const std::string& names, std::vector<std::string>& into,
                       const std::string& value, const std::string& what);
  void choice(const std::string& names, std::string& into, const std::vector<std::string>& words,
              const std::string& what);
  void choice_argument(const std::string& name, std::string& into,
                       const std::vector<std::string>& words, const std::string& what);
  void flag(const std::string& names, bool& into, const std::string& what);
  // `names` may stand with and without a value.
  void optional_value(const std::string& names, bool& given, std::string& into,
                      const std::string& value, const std::string& what);
  // Takes its value from this environment variable when the option is not given.
  void from_environment(const std::string& option_name, const std::string& variable);

  void action(std::function<Outcome()> act);

 private:
  friend class Tool;
  struct Actions;
  Command(CLI::App* app, Actions* actions) : app_(app), actions_(actions) {}
  CLI::App* app_;
  Actions* actions_;
};

// The whole tool: its root command, and how one command line is run.
class Tool {
 public:
  Tool(const std::string& name, const std::string& what, const std::string& version);
  ~Tool();
  Tool(const Tool&) = delete;
  Tool& operator=(const Tool&) = delete;

  Command root();
  // Help goes to standard output; a failure to standard error.
  Exit run(int argc, const char* const* argv);
  // The command line `words` again, complete, with what a Failure says that it needs more.
  static std::string again(std::vector<std::string> words, const std::string& with);
  // The help of every command as one Markdown page: docs/cli.md.
  std::string reference() const;

 private:
  void tell(const Failure& failure, const std::vector<std::string>& words) const;
  std::unique_ptr<CLI::App> app_;
  std::unique_ptr<Command::Actions> actions_;
};

}  // namespace tidemark::cli
