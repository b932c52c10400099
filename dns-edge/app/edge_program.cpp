#include "dns-edge/app/edge_program.hpp"

#include <csignal>

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include "dns-edge/app/edge_node.hpp"
#include "dns-edge/app/lock_down.hpp"
#include "dns-edge/app/service_notice.hpp"
#include "dns-edge/app/settings.hpp"

namespace tidemark::edge {
namespace {

constexpr int exit_error = 1;
constexpr int exit_usage = 2;

void add_options(CLI::App& app, Arguments& arguments, const std::string& version) {
  app.set_version_flag("--version", "tidemark-edge " + version);
  app.add_option("--config", arguments.config, "YAML file; the command line comes before it");
  app.add_option("--log", arguments.log, "sqlite:PATH or kafka:HOST:PORT[,HOST:PORT...]");
  app.add_option("--dataset", arguments.dataset, "the topics are DATASET.changes and its fellows");
  app.add_option("--state-dir,--state", arguments.state_folder,
                 "folder of this node's snapshot files: it starts from them without the log");
  app.add_option("--listen", arguments.listen, "ADDRESS:PORT for DNS, UDP and TCP; repeatable");
  app.add_option("--admin", arguments.admin,
                 "ADDRESS:PORT of /metrics, /livez, /readyz, /version [127.0.0.1:9153]");
  app.add_option("--workers", arguments.workers, "threads that answer [one a core]");
  app.add_flag(
      "--take-over", arguments.take_over,
      "serve beside the process of the same user that has the --listen addresses, until it "
      "ends: an upgrade without a lost question");
  app.add_option("--node,--name", arguments.node,
                 "name in reports, unique in the dataset [host name]");
  app.add_option("--ring", arguments.ring, "group of nodes that get changes together [default]");
  app.add_option("--nsid", arguments.nsid, "text for clients that ask who answers (NSID)");
  app.add_option("--cookie-key-file", arguments.cookie_key_file,
                 "the fleet's key of DNS cookies: with the log's salts it makes their secrets");
  app.add_option("--cookie-secret-file", arguments.cookie_secret_file,
                 "secrets of DNS cookies themselves, as other vendors' servers share them");
  app.add_flag("--cookies-local", arguments.cookies_local,
               "DNS cookies by a secret of this process: for a node that serves alone");
  app.add_option("--retain-versions", arguments.retain_versions,
                 "versions held in memory for pins and rollback [1000]");
  app.add_option("--retain-mib", arguments.retain_mebioctets,
                 "MiB of memory for what only older versions need [256]");
  app.add_option("--snapshot-peer", arguments.snapshots.peers,
                 "URL of another edge's --share-snapshots: asked first for snapshot files; "
                 "repeatable");
  app.add_option("--snapshot-from", arguments.snapshots.from,
                 "URL of a controller that serves snapshot files; announced: those that the log "
                 "names; none; repeatable [announced on Kafka, none on SQLite]");
  app.add_option("--snapshot-token-file", arguments.snapshots.token_file,
                 "token for the sources named above; never sent to announced ones");
  app.add_option("--snapshot-ca", arguments.snapshots.ca_file,
                 "PEM file: who signed the certificates of https sources [the system's]");
  app.add_option("--share-snapshots", arguments.snapshots.share,
                 "ADDRESS:PORT where other edges fetch this node's snapshot files [off]");
  app.add_option("--advertise-snapshots", arguments.snapshots.advertised,
                 "URL of that address as others reach it [made of the address]");
  app.add_option("--stale-answer-seconds", arguments.stale_answer_seconds,
                 "without news from the log for so long, answers say stale; 0: never [900]");
  app.add_option("--kafka-ca", arguments.tls.ca, "PEM file: who signed the brokers' certificates");
  app.add_option("--kafka-certificate", arguments.tls.certificate, "PEM file: our certificate");
  app.add_option("--kafka-key", arguments.tls.key, "PEM file: our private key");
  app.add_option("--kafka-property", arguments.kafka_properties,
                 "NAME=VALUE, passed to librdkafka; repeatable");
  app.add_option("--user", arguments.user,
                 "NAME[:GROUP] to become when started as root; with it go all rights of root");
  app.add_option("--sandbox", arguments.sandbox,
                 "on, off, best-effort: system calls and files that a DNS server never needs are "
                 "closed; on: refuse to start where the kernel cannot [best-effort]");
  app.add_option("--broker-port", arguments.broker_ports,
                 "the only ports of TCP connections to brokers; repeatable [any]");
  app.add_flag("--verbose", arguments.verbose, "tell more");
}

void log_line(Severity severity, const std::string& line) {
  switch (severity) {
    case Severity::Remark:  spdlog::info("{}", line); return;
    case Severity::Warning: spdlog::warn("{}", line); return;
    case Severity::Error:   spdlog::error("{}", line); return;
  }
}

bool give_up_rights(const EdgeSettings& settings) {
  const auto confined = lock_down(settings);
  if (!confined) {
    spdlog::error("{}", confined.error().trail);
    return false;
  }
  std::string line;
  for (const std::string& one : confined->done) line += (line.empty() ? "" : ", ") + one;
  spdlog::info("runs as {}", line.substr(std::string_view("user ").size()));
  for (const std::string& one : confined->missing) spdlog::warn("{}", one);
  return true;
}

int run(EdgeSettings settings, AboutToServe about_to_serve) {
  const ServiceNotice notice;
  if (!give_up_rights(settings)) return exit_error;
  boost::asio::io_context io(1);
  int code = 0;
  std::unique_ptr<EdgeNode> node;
  const auto end = [&] {
    notice.stopping();
    if (node) node->stop();
    io.stop();
  };
  boost::asio::signal_set signals(io, SIGINT, SIGTERM);
  signals.async_wait([&](const auto& error, int signal) {
    if (error) return;
    spdlog::info("ending on signal {}", signal);
    end();
  });
  auto started = EdgeNode::start(io, std::move(settings),
                                 {.remark =
                                      [&](Severity severity, const std::string& line) {
                                        log_line(severity, line);
                                        notice.status(line);
                                      },
                                  .failed =
                                      [&](const std::string& why) {
                                        spdlog::error("{}", why);
                                        code = exit_error;
                                        end();
                                      },
                                  .about_to_serve = std::move(about_to_serve)});
  if (!started) {
    spdlog::error("{}", started.error().trail);
    return exit_error;
  }
  node = *std::move(started);
  spdlog::info("admin on http://{}", net::to_text(node->admin_address()));
  notice.ready();
  io.run();
  return code;
}

}  // namespace

int run_edge(int argc, char** argv, const std::string& version, AboutToServe about_to_serve) {
  Arguments arguments;
  CLI::App app("tidemark-edge: answers DNS from the newest verified version of a dataset.");
  add_options(app, arguments, version);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : exit_usage;
  }
  spdlog::set_default_logger(spdlog::stderr_color_mt("edge"));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
  try {
    auto settings = read_settings(std::move(arguments));
    if (!settings) {
      spdlog::error("{}", settings.error().trail);
      return exit_usage;
    }
    if (settings->verbose) spdlog::set_level(spdlog::level::debug);
    return run(*std::move(settings), std::move(about_to_serve));
  } catch (const std::exception& error) {
    spdlog::error("{}", error.what());
    return exit_error;
  }
}

}  // namespace tidemark::edge
