// tidemark pool put|get|list|rm: named sets of endpoints of which health chooses.
#include <memory>

#include <boost/json.hpp>

#include "cli/commands.hpp"
#include "cli/json_fields.hpp"
#include "cli/report.hpp"
#include "cli/table.hpp"
#include "net/json.hpp"

namespace tidemark::cli {

namespace json = boost::json;

namespace {

struct Options {
  std::string file, pool;
  MutationOptions change;
};

Outcome put(const Options& options, const Session& session) {
  TIDEMARK_TRY(std::string text, read_text_file(options.file));
  auto value = net::parse_json(text);
  if (!value) return fail(Exit::Error, options.file + ": " + value.error().trail);
  if (!value->is_object() || !value->get_object().contains("name")) {
    return fail(Exit::Error, options.file + ": name: is missing",
                R"(a pool is {"name": "web", "endpoints": [...], "check": {...}})");
  }
  const std::string pool = shown(value->get_object(), "name");
  if (value->get_object().erase("references") != 0) {  // `pool get` tells it; it is no wish
    text = json::serialize(*value);
  }
  auto api = ApiClient::connect(session);
  if (!api) return std::unexpected(std::move(api).error());
  auto reply = api->mutate(
      {.method = "PUT", .path = {"pools", pool}, .body = std::move(text), .file = options.file},
      options.change);
  if (!reply) {
    Failure failure = std::move(reply).error().at(options.file);
    if (failure.exit == Exit::Guard) {
      failure.next = "tidemark pool rm " + shell_quoted(pool) + " --reason TEXT";
    }
    return std::unexpected(std::move(failure));
  }
  return report_change(session, "pool " + pool, *reply);
}

Outcome remove(const Options& options, const Session& session) {
  auto api = ApiClient::connect(session);
  if (!api) return std::unexpected(std::move(api).error());
  auto reply = api->mutate({.method = "DELETE", .path = {"pools", options.pool}}, options.change);
  if (!reply) return std::unexpected(std::move(reply).error());
  return report_change(session, "pool " + options.pool, *reply);
}

std::string table_of(const json::object& pool) {
  const json::object& check = object_of(pool, "check");
  std::string out = "pool      " + shown(pool, "name") + "\ncheck     " + shown(check, "kind");
  if (shown(check, "kind") != "none") {
    out += " port " + shown(check, "port") + " every " + shown(check, "interval_ms") +
           " ms, rise " + shown(check, "rise") + ", fall " + shown(check, "fall");
  }
  out += "\nall down  " + shown(pool, "all_down") + "\nfloor     " + shown(pool, "floor") +
         "\nused by   " + shown(pool, "references") + " RRsets\n\n";
  Table table({"ENDPOINT", "ADDRESS", "WEIGHT", "STATUS"});
  for (const json::value& one : list_of(pool, "endpoints")) {
    if (!one.is_object()) continue;
    const json::object& endpoint = one.get_object();
    table.row({shown(endpoint, "id"), shown(endpoint, "address"), shown(endpoint, "weight"),
               shown(endpoint, "status")});
  }
  return out + table.to_text();
}

std::string table_of(const json::array& pools) {
  Table table({"POOL", "ENDPOINTS", "CHECK", "ALL-DOWN", "FLOOR"});
  for (const json::value& one : pools) {
    if (!one.is_object()) continue;
    const json::object& pool = one.get_object();
    table.row({shown(pool, "name"), std::to_string(list_of(pool, "endpoints").size()),
               shown(object_of(pool, "check"), "kind"), shown(pool, "all_down"),
               shown(pool, "floor")});
  }
  return table.empty() ? "no pools\n" : table.to_text();
}

// One pool, or all if `pool` is empty.
Outcome read(const std::string& pool, const Session& session) {
  auto api = ApiClient::connect(session);
  if (!api) return std::unexpected(std::move(api).error());
  ApiRequest request{.path = {"pools"}};
  if (!pool.empty()) request.path.push_back(pool);
  auto reply = api->ask(request);
  if (!reply) return std::unexpected(std::move(reply).error());
  if (session.json()) {
    print(reply->body + "\n");
    return {};
  }
  auto answer = parse_answer(reply->body);
  if (!answer) return std::unexpected(std::move(answer).error());
  const json::object& body = answer->get_object();
  print(pool.empty() ? table_of(list_of(body, "pools")) : table_of(body));
  return {};
}

}  // namespace

void add_pool(Command root, Session& session) {
  Command pool =
      root.add("pool", "Named sets of endpoints of which health chooses", "tidemark pool list");
  auto put_options = std::make_shared<Options>();
  Command put_command = pool.add("put", "Creates or edits a pool; an absent field keeps its value",
                                 "tidemark pool put web.json --reason 'third data centre'");
  put_command.argument("FILE", put_options->file,
                       "JSON: name, endpoints [{id, address, weight}], check {kind, port, path}, "
                       "all_down, floor; - is standard input");
  add_mutation_options(put_command, put_options->change);
  add_hold_option(put_command, put_options->change);
  put_command.action([put_options, &session] { return put(*put_options, session); });

  auto get_options = std::make_shared<Options>();
  Command get = pool.add("get", "Shows one pool", "tidemark pool get web");
  get.argument("POOL", get_options->pool, "Name of the pool");
  get.action([get_options, &session] { return read(get_options->pool, session); });

  Command list = pool.add("list", "Lists all pools", "tidemark pool list");
  list.action([&session] { return read("", session); });

  auto rm_options = std::make_shared<Options>();
  Command rm = pool.add("rm", "Removes a pool that no zone uses",
                        "tidemark pool rm web --reason 'replaced by web2'");
  rm.argument("POOL", rm_options->pool, "Name of the pool");
  add_mutation_options(rm, rm_options->change);
  add_hold_option(rm, rm_options->change);
  rm.action([rm_options, &session] { return remove(*rm_options, session); });
}

}  // namespace tidemark::cli
