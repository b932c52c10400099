#include "cli/command.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <iostream>

#include <CLI/CLI.hpp>

#include "topics/suggestion.hpp"

namespace tidemark::cli {

struct Command::Actions {
  std::function<Outcome()> chosen{};
};

namespace {

// Global options may stand behind the command too.
void set_up(CLI::App& app, const std::string& example) {
  app.fallthrough();
  app.footer("Example:\n  " + example +
             "\nOptions of every command (-o, --api, ...): tidemark --help");
}

// App::help would give the help of the command that is running: the formatter is asked itself.
void write_reference(const CLI::App& app, const std::string& path, std::string& out) {
  const auto commands = app.get_subcommands([](const CLI::App* one) {
    return !one->get_group().empty();  // the hidden ones have none
  });
  out += "\n## " + path + "\n\n```\n" +
         app.get_formatter()->make_help(&app, path, CLI::AppFormatMode::Normal) + "```\n";
  for (const CLI::App* one : commands) write_reference(*one, path + " " + one->get_name(), out);
}

// CLI11 would read "-1" as the largest number there is.
std::string not_a_count(const std::string& given) {
  std::uint64_t number = 0;
  const char* const end = given.data() + given.size();
  const auto [read, error] = std::from_chars(given.data(), end, number);
  return error == std::errc() && read == end ? "" : given + " is no whole number from 0 on";
}

const CLI::App& chosen_of(const CLI::App& root) {
  const CLI::App* command = &root;
  for (auto next = command->get_subcommands(); !next.empty(); next = command->get_subcommands()) {
    command = next.front();
  }
  return *command;
}

// "tidemark zone", of "zone import" of "zone".
std::string path_of(const CLI::App& root, const CLI::App& command) {
  std::string path = root.get_name();
  for (const CLI::App* at = &root; at != &command; path += " " + at->get_name()) {
    at = at->get_subcommands().front();
  }
  return path;
}

// What the word may have meant: an option of this command, or a command below it.
std::string meant_by(const CLI::App& root, const std::string& word) {
  const CLI::App& command = chosen_of(root);
  std::vector<std::string> known;
  if (word.starts_with('-')) {
    for (const CLI::App* each : {&command, &root}) {
      for (const CLI::Option* option : each->get_options()) {
        for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
      }
    }
  } else {
    for (const CLI::App* each : command.get_subcommands([](const CLI::App*) { return true; })) {
      if (!each->get_group().empty()) known.push_back(each->get_name());
    }
  }
  const std::string hint = topics::suggestion(word.substr(0, word.find('=')), known);
  return hint.find("did you mean") == std::string::npos ? "" : hint;
}

// Whether the command that was given has an option of this name.
bool chosen_knows(const CLI::App& root, const std::string& option) {
  return chosen_of(root).get_option_no_throw(option) != nullptr;
}

}  // namespace

Command Command::add(const std::string& name, const std::string& what, const std::string& example) {
  CLI::App* sub = app_->add_subcommand(name, what);
  set_up(*sub, example);
  if (what.empty()) sub->group("");
  app_->require_subcommand(1);
  return {sub, actions_};
}

void Command::stands_alone() { app_->require_subcommand(0, 1); }

void Command::argument(const std::string& name, std::string& into, const std::string& what) {
  app_->add_option(name, into, what)->required()->type_name("");
}
void Command::argument(const std::string& name, std::optional<std::string>& into,
                       const std::string& what) {
  app_->add_option(name, into, what)->type_name("");
}
void Command::arguments(const std::string& name, std::vector<std::string>& into,
                        const std::string& what) {
  app_->add_option(name, into, what)->required()->type_name("");
}
void Command::option(const std::string& names, std::string& into, const std::string& value,
                     const std::string& what) {
  CLI::Option* made = app_->add_option(names, into, what)->type_name(value);
  if (!into.empty()) made->default_str(into);
}
void Command::option(const std::string& names, std::optional<std::string>& into,
                     const std::string& value, const std::string& what) {
  app_->add_option(names, into, what)->type_name(value);
}
void Command::option(const std::string& names, std::optional<std::uint64_t>& into,
                     const std::string& value, const std::string& what) {
  app_->add_option(names, into, what)->check(&not_a_count)->type_name(value);
}
void Command::option(const std::string& names, std::vector<std::string>& into,
                     const std::string& value, const std::string& what) {
  app_->add_option(names, into, what)->type_name(value);
}
void Command::required_option(const std::string& names, std::string& into, const std::string& value,
                              const std::string& what) {
  app_->add_option(names, into, what)->required()->type_name(value);
}
void Command::required_words(const std::string& names, std::string& into, const std::string& value,
                             const std::string& what) {
  words(names, into, value, what);
  app_->get_option(names)->required();
}
void Command::words(const std::string& names, std::string& into, const std::string& value,
                    const std::string& what) {
  app_->add_option(names, into, what)
      ->check([](const std::string& given) {
        return given.find_first_not_of(" \t\r\n") == std::string::npos ? "is blank" : "";
      })
      ->type_name(value);
}
void Command::required_option(const std::string& names, std::vector<std::string>& into,
                              const std::string& value, const std::string& what) {
  app_->add_option(names, into, what)->required()->type_name(value);
}
void Command::choice(const std::string& names, std::string& into,
                     const std::vector<std::string>& words, const std::string& what) {
  app_->add_option(names, into, what)
      ->check(CLI::IsMember(words).description(""))
      ->type_name(CLI::detail::join(words, "|"))
      ->default_str(into);
}
void Command::choice_argument(const std::string& name, std::string& into,
                              const std::vector<std::string>& words, const std::string& what) {
  app_->add_option(name, into, what)
      ->required()
      ->check(CLI::IsMember(words).description(""))
      ->type_name(CLI::detail::join(words, "|"));
}
void Command::flag(const std::string& names, bool& into, const std::string& what) {
  app_->add_flag(names, into, what);
}
void Command::optional_value(const std::string& names, bool& given, std::string& into,
                             const std::string& value, const std::string& what) {
  app_->add_option_function<std::vector<std::string>>(
          names,
          [&given, &into](const std::vector<std::string>& values) {
            given = true;
            if (!values.empty() && values[0] != "{}") into = values[0];
          },
          what)
      ->expected(0, 1)
      ->type_name("[" + value + "]");
}
void Command::from_environment(const std::string& option_name, const std::string& variable) {
  app_->get_option(option_name)->envname(variable);
}

void Command::action(std::function<Outcome()> act) {
  // CLI11 calls back the command below first.
  app_->callback([app = app_, actions = actions_, act = std::move(act)] {
    if (app->get_subcommands().empty()) actions->chosen = act;
  });
}

Tool::Tool(const std::string& name, const std::string& what, const std::string& version)
    : app_(std::make_unique<CLI::App>(what, name)), actions_(std::make_unique<Command::Actions>()) {
  app_->set_help_all_flag("--help-all", "Print the help of every command and exit");
  app_->set_version_flag("--version", name + " " + version);
  app_->footer("Each command explains itself with an example: tidemark COMMAND --help");
}
Tool::~Tool() = default;

Command Tool::root() { return {app_.get(), actions_.get()}; }

Exit Tool::run(int argc, const char* const* argv) {
  try {
    app_->parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (const auto unknown = app_->remaining(true); !unknown.empty()) {
      std::cerr << app_->get_name() << ": unknown: " << unknown.front()
                << meant_by(*app_, unknown.front())
                << "\n  try: " << path_of(*app_, chosen_of(*app_)) << " --help\n";
      return Exit::Usage;
    }
    return app_->exit(error) == 0 ? Exit::Ok : Exit::Usage;
  }
  const Outcome outcome = actions_->chosen();
  if (outcome) return Exit::Ok;
  std::cout.flush();
  tell(outcome.error(), std::vector<std::string>(argv + 1, argv + argc));
  return outcome.error().exit;
}

void Tool::tell(const Failure& failure, const std::vector<std::string>& words) const {
  std::cerr << app_->get_name() << ": " << failure.what << "\n";
  if (!failure.next.empty()) std::cerr << "  try: " << failure.next << "\n";
  if (failure.with.empty()) return;
  std::cerr << "  if this is meant: " << app_->get_name() << again(words, failure.with) << "\n";
  if (chosen_knows(*app_, "--hold")) {
    std::cerr << "  for somebody else to approve: " << app_->get_name() << again(words, "--hold")
              << "\n";
  }
}

std::string Tool::again(std::vector<std::string> words, const std::string& with) {
  const std::string added = with.substr(0, with.find(' '));
  std::string line;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--acknowledge-removals") {
      ++i;  // and its value
    } else if (words[i] != added && !words[i].starts_with("--acknowledge-removals=")) {
      line += " " + shell_quoted(words[i]);
    }
  }
  return line + " " + with;
}

std::string shell_quoted(const std::string& word) {
  const auto is_plain = [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view("@%+=:,./_-").find(static_cast<char>(c)) != std::string_view::npos;
  };
  if (!word.empty() && std::ranges::all_of(word, is_plain)) return word;
  std::string quoted = "'";
  for (const char letter : word) {
    quoted += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
  }
  return quoted + "'";
}

std::string Tool::reference() const {
  std::string out;
  write_reference(*app_, app_->get_name(), out);
  return out;
}

}  // namespace tidemark::cli
