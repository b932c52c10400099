// tidemark demo: a whole fleet on this machine, to try things on.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>

#include <unistd.h>

#include "cli/commands.hpp"
#include "cli/demo.hpp"
#include "cli/demo_stale_plan.hpp"

namespace tidemark::cli {

namespace fs = std::filesystem;

namespace {

struct Options {
  bool kafka = false;
  std::string bootstrap;
  std::optional<std::uint64_t> seconds;
  std::optional<std::uint64_t> port_base;
  bool keep = false;
  std::string scenario;
};

// Removed with everything in it, unless it is to be kept.
class Folder {
 public:
  static Expected<Folder> make(bool keep) {
    std::string path = (fs::temp_directory_path() / "tidemark-demo-XXXXXX").string();
    if (mkdtemp(path.data()) == nullptr) {
      return fail(Exit::Error, path + ": cannot be made", "set TMPDIR to a writable folder");
    }
    return Folder(std::move(path), keep);
  }
  Folder(Folder&& other) noexcept : path_(std::exchange(other.path_, {})), keep_(other.keep_) {}
  Folder& operator=(Folder&&) = delete;
  ~Folder() {
    std::error_code ignored;
    if (!path_.empty() && !keep_) fs::remove_all(path_, ignored);
  }
  const std::string& path() const noexcept { return path_; }

 private:
  Folder(std::string path, bool keep) : path_(std::move(path)), keep_(keep) {}
  std::string path_;
  bool keep_;
};

Expected<fs::path> own_folder() {
  std::error_code failed;
  const fs::path self = fs::read_symlink("/proc/self/exe", failed);
  if (failed) return fail(Exit::Error, "/proc/self/exe: " + failed.message());
  return self.parent_path();
}

// A real broker of our own, if this program lies in a checkout.
class Kafka {
 public:
  static Expected<Kafka> start(const fs::path& programs, const std::string& folder) {
    fs::path script;
    for (fs::path above = programs; above.has_relative_path(); above = above.parent_path()) {
      if (fs::exists(above / "scripts/kafka")) script = above / "scripts/kafka";
    }
    if (script.empty()) {
      return fail(Exit::Usage, "--kafka: no broker is named, and this is no checkout of Tidemark",
                  "tidemark demo --kafka HOST:PORT");
    }
    Kafka kafka(script.string(), folder);
    note("starting Apache Kafka (the first time its jars are fetched) ...");
    TIDEMARK_TRY_VOID(kafka.run("up"));
    TIDEMARK_TRY(std::string bootstrap, read_text_file(folder + "/kafka/bootstrap"));
    while (!bootstrap.empty() && bootstrap.back() == '\n') bootstrap.pop_back();
    kafka.bootstrap_ = std::move(bootstrap);
    return kafka;
  }
  Kafka(Kafka&& other) noexcept
      : script_(std::exchange(other.script_, {})),
        folder_(std::move(other.folder_)),
        bootstrap_(std::move(other.bootstrap_)) {}
  Kafka& operator=(Kafka&&) = delete;
  ~Kafka() {
    if (!script_.empty()) (void)run("down");
  }
  const std::string& bootstrap() const noexcept { return bootstrap_; }

 private:
  Kafka(std::string script, std::string folder)
      : script_(std::move(script)), folder_(std::move(folder)) {}

  Outcome run(const std::string& verb) const {
    std::vector<std::string> arguments{verb, "--dir", folder_ + "/kafka"};
    if (verb == "up") arguments.insert(arguments.end(), {"--port", "0"});
    auto child = ChildProcess::start("scripts/kafka " + verb, script_, std::move(arguments),
                                     folder_ + "/kafka.log");
    if (!child) return std::unexpected(std::move(child).error());
    if (const int code = child->wait(); code != 0) {
      return fail(
          Exit::Error,
          child->name() + " ended with " + std::to_string(code) + ":\n" + child->last_words(),
          "scripts/setup installs what it needs");
    }
    return {};
  }

  std::string script_;
  std::string folder_;
  std::string bootstrap_;
};

Outcome run_demo(const Options& options, const Session& session) {
  auto programs = own_folder();
  if (!programs) return std::unexpected(std::move(programs).error());
  Signals signals({SIGTERM, SIGINT, SIGHUP});
  auto folder = Folder::make(options.keep);
  if (!folder) return std::unexpected(std::move(folder).error());
  DemoSettings settings{.folder = folder->path(),
                        .programs = programs->string(),
                        .log_url = "sqlite:" + folder->path() + "/demo.tmlog",
                        .dataset = "demo"};
  if (options.port_base) {
    if (*options.port_base < 1024 || *options.port_base > 65'000) {
      return fail(Exit::Usage, "--port-base: 1024 to 65000");
    }
    settings.ports = DemoPorts::above(static_cast<std::uint16_t>(*options.port_base));
  }
  std::optional<Kafka> kafka;
  if (options.kafka && options.bootstrap.empty()) {
    auto started = Kafka::start(*programs, folder->path());
    if (!started) return std::unexpected(std::move(started).error());
    kafka.emplace(*std::move(started));
    settings.log_url = "kafka:" + kafka->bootstrap();
  } else if (options.kafka) {
    settings.log_url = "kafka:" + options.bootstrap;
    settings.dataset = "demo-" + std::to_string(getpid());  // the broker may know older ones
  }

  note("starting the fleet ...");
  Demo demo(std::move(settings), session, signals);
  const auto started = demo.start();
  if (!started) return std::unexpected(started.error());
  if (!*started) return {};
  print(demo.commands_to_try() + "ready; Ctrl-C ends it\n");
  (void)std::fflush(stdout);
  const Outcome stayed = demo.stay(
      options.seconds ? std::optional(std::chrono::seconds(*options.seconds)) : std::nullopt);
  note("ending the fleet ...");
  return stayed;
}

}  // namespace

void add_demo(Command root, Session& session) {
  auto options = std::make_shared<Options>();
  Command command = root.add(
      "demo",
      "Runs a controller, three edges, a prober and two backends here, and says what to try",
      "tidemark demo");
  command.optional_value("--kafka", options->kafka, options->bootstrap, "HOST:PORT,...",
                         "On a real broker; without a value one is started (in a checkout)");
  command.option("--seconds", options->seconds, "N", "End after so long (default: at Ctrl-C)");
  command.option("--port-base", options->port_base, "N",
                 "DNS at N+1 to N+3, admin N+91 to N+93, API N+53, backends N+80 "
                 "(default: 5301 to 5303, 5391 to 5393, 8053, 5380)");
  command.flag("--keep", options->keep, "Keep the log, the files and the output of every program");
  command.choice("--scenario", options->scenario, {"stale-plan"},
                 "Tells a race step by step instead, on the real fold, and ends");
  command.action([options, &session]() -> Outcome {
    if (options->scenario.empty()) return run_demo(*options, session);
    print(tell_stale_plan());
    return {};
  });
}

}  // namespace tidemark::cli
