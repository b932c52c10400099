#include "producer/api/shapes.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include <boost/json.hpp>

#include "core/base/hash.hpp"
#include "core/dns/address_text.hpp"
#include "core/dns/rdata.hpp"
#include "net/json.hpp"

namespace tidemark::producer {
namespace json = boost::json;
namespace {

template <class E>
struct Word {
  std::string_view text;
  E value;
};
constexpr std::array statuses{Word{"obey", event::EndpointStatus::Obey},
                              Word{"up", event::EndpointStatus::Up},
                              Word{"down", event::EndpointStatus::Down}};
constexpr std::array kinds{Word{"none", event::CheckKind::None}, Word{"tcp", event::CheckKind::Tcp},
                           Word{"http", event::CheckKind::Http},
                           Word{"https", event::CheckKind::Https}};
constexpr std::array all_downs{Word{"answer-all", event::AllDown::AnswerAll},
                               Word{"last-healthy", event::AllDown::LastHealthy},
                               Word{"servfail", event::AllDown::ServFail}};
constexpr std::array override_states{Word{"up", event::OverrideState::Up},
                                     Word{"down", event::OverrideState::Down},
                                     Word{"drain", event::OverrideState::Drain}};

template <class Words, class E>
std::string word_of(const Words& words, E value) {
  const auto word = std::ranges::find(words, value, &std::decay_t<decltype(words[0])>::value);
  return std::string(word->text);
}

template <class Words>
auto value_of(const Words& words, std::string_view key, std::string_view text)
    -> base::Result<decltype(words[0].value)> {
  std::string known;
  for (const auto& word : words) {
    if (word.text == text) return word.value;
    known += (known.empty() ? "" : ", ") + std::string(word.text);
  }
  return base::fail(base::Errc::Invalid,
                    std::string(key) + ": \"" + std::string(text) + "\" is none of " + known);
}

// Reads fields of an object into places that keep their value if the field is absent.
class Fields {
 public:
  explicit Fields(const json::object& object) : object_(object) {}

  template <class T>
  base::Result<void> number(std::string_view key, std::uint64_t low, T& place) {
    TIDEMARK_TRY(const auto value,
                 net::optional_number_field(object_, key, low, std::numeric_limits<T>::max()));
    if (value) place = static_cast<T>(*value);
    return {};
  }
  base::Result<void> text(std::string_view key, std::string& place) {
    TIDEMARK_TRY(auto value, net::optional_text_field(object_, key));
    if (value) place = *std::move(value);
    return {};
  }
  base::Result<void> flag(std::string_view key, bool& place) {
    TIDEMARK_TRY(const auto value, net::optional_flag_field(object_, key));
    if (value) place = *value;
    return {};
  }
  template <class Words, class E>
  base::Result<void> word(std::string_view key, const Words& words, E& place) {
    TIDEMARK_TRY(const auto value, net::optional_text_field(object_, key));
    if (!value) return {};
    TIDEMARK_TRY(place, value_of(words, key, *value));
    return {};
  }

 private:
  const json::object& object_;
};

base::Result<event::Endpoint> endpoint_from_json(const json::value& value,
                                                 const event::Pool& before) {
  TIDEMARK_TRY(const json::object* object, net::as_object(value));
  TIDEMARK_TRY_VOID(net::check_keys(*object, {"id", "address", "weight", "status"}));
  TIDEMARK_TRY(const std::string id, net::text_field(*object, "id"));
  const auto old = std::ranges::find(before.endpoints, id, &event::Endpoint::id);
  const bool known = old != before.endpoints.end();
  event::Endpoint endpoint = known ? *old : event::Endpoint{id, {event::Address::Family::V4}};
  Fields fields(*object);
  TIDEMARK_TRY(const auto address, net::optional_text_field(*object, "address"));
  if (!address && !known) return base::fail(base::Errc::Invalid, "address: is missing");
  if (address) {
    TIDEMARK_TRY(endpoint.address, address_from_text(*address));
  }
  TIDEMARK_TRY_VOID(fields.number("weight", 0, endpoint.weight));
  TIDEMARK_TRY_VOID(fields.word("status", statuses, endpoint.status));
  return endpoint;
}

base::Result<void> read_check(const json::object& object, event::Check& check) {
  TIDEMARK_TRY_VOID(
      net::check_keys(object, {"kind", "port", "path", "host", "status_low", "status_high",
                               "verify_tls", "interval_ms", "timeout_ms", "rise", "fall"}));
  Fields fields(object);
  TIDEMARK_TRY_VOID(fields.word("kind", kinds, check.kind));
  TIDEMARK_TRY_VOID(fields.number("port", 0, check.port));
  TIDEMARK_TRY_VOID(fields.text("path", check.path));
  TIDEMARK_TRY_VOID(fields.text("host", check.host));
  TIDEMARK_TRY_VOID(fields.number("status_low", 0, check.status_low));
  TIDEMARK_TRY_VOID(fields.number("status_high", 0, check.status_high));
  TIDEMARK_TRY_VOID(fields.flag("verify_tls", check.verify_tls));
  TIDEMARK_TRY_VOID(fields.number("interval_ms", 0, check.interval_ms));
  TIDEMARK_TRY_VOID(fields.number("timeout_ms", 0, check.timeout_ms));
  TIDEMARK_TRY_VOID(fields.number("rise", 0, check.rise));
  return fields.number("fall", 0, check.fall);
}

std::string_view take_word(std::string_view& text) {
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(std::min(word.size() + 1, text.size()));
  return word;
}

// What `text` wrote without a final dot is what another origin changes.
base::Result<void> check_names(dns::RrType type, std::string_view text, const base::Bytes& rdata,
                               const dns::Name& zone) {
  static const dns::Name elsewhere = *dns::Name::parse("r.");
  const auto other = dns::rdata_from_text(type, text, elsewhere);
  if (!other || *other == rdata || zone.view().is_root()) return {};
  const std::string ours = dns::rdata_to_text(type, rdata);
  const std::string theirs = dns::rdata_to_text(type, *other);
  std::string_view left = ours;
  std::string_view right = theirs;
  while (!left.empty()) {
    const std::string_view word = take_word(left);
    if (word == take_word(right)) continue;
    const auto name = dns::Name::parse(word);
    if (!name || name->view().label_count() > 1) continue;
    const std::string written = word == "." ? "@" : std::string(word.substr(0, word.size() - 1));
    return base::fail(base::Errc::Invalid,
                      written + " has no final dot; names in RDATA are absolute: write " +
                          (word == "." ? "" : std::string(word)) + zone.to_text());
  }
  return {};
}

json::object to_json(const event::Endpoint& endpoint) {
  return {{"id", endpoint.id},
          {"address", to_text(endpoint.address)},
          {"weight", endpoint.weight},
          {"status", word_of(statuses, endpoint.status)}};
}

}  // namespace

json::object to_json(const dataset::Version& version) {
  return {{"lineage", base::to_hex(version.lineage.value())},
          {"seq", version.seq.value()},
          {"state_hash", base::to_hex(version.state_hash.value())}};
}

json::object to_json(const dns::Rrset& rrset) {
  json::array records;
  for (const base::Bytes& rdata : rrset.rdata) {
    records.emplace_back(dns::rdata_to_text(rrset.type, rdata));
  }
  return {{"name", rrset.owner.to_text()},
          {"type", dns::to_text(rrset.type)},
          {"ttl", rrset.ttl.value()},
          {"rdata", std::move(records)}};
}

json::object to_json(const event::Pool& pool) {
  json::array endpoints;
  for (const event::Endpoint& endpoint : pool.endpoints) endpoints.push_back(to_json(endpoint));
  const event::Check& check = pool.check;
  return {{"name", pool.name},
          {"endpoints", std::move(endpoints)},
          {"check",
           {{"kind", word_of(kinds, check.kind)},
            {"port", check.port},
            {"path", check.path},
            {"host", check.host},
            {"status_low", check.status_low},
            {"status_high", check.status_high},
            {"verify_tls", check.verify_tls},
            {"interval_ms", check.interval_ms},
            {"timeout_ms", check.timeout_ms},
            {"rise", check.rise},
            {"fall", check.fall}}},
          {"all_down", word_of(all_downs, pool.all_down)},
          {"floor", pool.floor},
          {"quorum", pool.quorum},
          {"stale_after_ms", pool.stale_after_ms}};
}

json::object to_json(const event::Override& value) {
  return {{"pool", value.pool},
          {"endpoint", value.endpoint},
          {"state", to_text(value.state)},
          {"until_ms", value.until_ms},
          {"reason", value.reason}};
}

json::object to_json(const Diff& diff, std::size_t lines_max) {
  json::array lines;
  const std::vector<std::string> all = to_lines(diff);
  for (const std::string& line : all) {
    if (lines.size() == lines_max) {
      lines.emplace_back("... and " + std::to_string(all.size() - lines_max) + " more lines");
      break;
    }
    lines.emplace_back(line);
  }
  return {{"added", diff.added()},
          {"removed", diff.removed()},
          {"changed", diff.changed()},
          {"lines", std::move(lines)}};
}

json::object to_json(const std::vector<fold::ZoneOutcome>& zones) {
  json::object all;
  for (const fold::ZoneOutcome& zone : zones) {
    all[zone.zone.to_text()] = zone.deleted ? json::object{{"deleted", true}}
                                            : json::object{{"serial", zone.serial.value()},
                                                           {"seq", zone.seq.value()},
                                                           {"hash", base::to_hex(zone.hash)}};
  }
  return all;
}

json::object summary_json(const dataset::Zone& zone) {
  const dataset::ZoneSettings settings = zone.settings();
  return {{"name", zone.name().to_text()},
          {"seq", zone.seq().value()},
          {"serial", zone.serial().value()},
          {"hash", base::to_hex(zone.hash())},
          {"rrset_count", zone.rrset_count()},
          {"name_count", zone.name_count()},
          {"settings",
           {{"removal_percent_max", settings.removal_percent_max},
            {"removal_rrsets_min", settings.removal_rrsets_min},
            {"ttl_seconds_ceiling", settings.ttl_seconds_ceiling},
            {"expire_seconds", settings.expire_seconds}}}};
}

std::string to_text(const event::Address& address) {
  std::string text;
  const base::ByteView octets(address.octets);
  if (address.family == event::Address::Family::V4) {
    dns::append_ipv4(text, octets.first(4));
  } else {
    dns::append_ipv6(text, octets);
  }
  return text;
}

base::Result<event::Address> address_from_text(std::string_view text) {
  event::Address address{event::Address::Family::V4};
  if (const auto v4 = dns::ipv4_from_text(text)) {
    std::ranges::copy(*v4, address.octets.begin());
    return address;
  }
  if (const auto v6 = dns::ipv6_from_text(text)) {
    address.family = event::Address::Family::V6;
    std::ranges::copy(*v6, address.octets.begin());
    return address;
  }
  return base::fail(base::Errc::Invalid,
                    "address: neither IPv4 nor IPv6: \"" + std::string(text) + "\"");
}

std::string to_text(event::OverrideState state) { return word_of(override_states, state); }

base::Result<dns::Name> owner_from_text(std::string_view text, const dns::Name& zone) {
  if (text.empty()) return base::fail(base::Errc::Invalid, "name: is empty; the apex is @");
  if (text == "@") return zone;
  auto name = dns::Name::parse(text);
  if (!name) return std::unexpected(std::move(name).error().at("name"));
  if (text.back() == '.' || name->view().is_at_or_below(zone)) return name;
  auto completed = dns::Name::parse(text, zone);
  if (!completed) return std::unexpected(std::move(completed).error().at("name"));
  return completed;
}

base::Result<dns::RrType> type_from_text(std::string_view text) {
  const auto type = dns::rr_type_from_text(text);
  if (!type || !dns::is_storable(*type)) {
    return base::fail(base::Errc::Invalid,
                      "type: \"" + std::string(text) + "\" is no type that a zone can hold");
  }
  return *type;
}

base::Result<dns::Rrset> rrset_from_json(const dns::Name& zone, const dns::Name& owner,
                                         dns::RrType type, const json::object& object,
                                         const std::optional<dns::Rrset>& before) {
  TIDEMARK_TRY(const auto ttl, net::optional_number_field(object, "ttl", 0, dns::ttl_seconds_max));
  if (!ttl && !before) {
    return base::fail(base::Errc::Invalid, "ttl: is missing, and there is no older one to keep");
  }
  TIDEMARK_TRY(const json::array* records, net::array_field(object, "rdata"));
  if (records->empty()) {
    return base::fail(base::Errc::Invalid, "rdata: is empty; to withdraw an RRset, delete it");
  }
  dns::Rrset rrset{owner, type, ttl ? dns::Ttl(static_cast<std::uint32_t>(*ttl)) : before->ttl, {}};
  for (std::size_t i = 0; i < records->size(); ++i) {
    const std::string place = "rdata[" + std::to_string(i) + "]";
    if (!(*records)[i].is_string()) {
      return base::fail(base::Errc::Invalid, place + ": is not a text");
    }
    const std::string_view text((*records)[i].get_string());
    auto rdata = dns::rdata_from_text(type, text, dns::Name::root());
    if (!rdata) return std::unexpected(std::move(rdata).error().at(place));
    if (auto whole = check_names(type, text, *rdata, zone); !whole) {
      return std::unexpected(std::move(whole).error().at(place));
    }
    rrset.rdata.push_back(*std::move(rdata));
  }
  return dns::canonicalize(std::move(rrset));
}

base::Result<event::Pool> pool_from_json(const json::object& object, event::Pool before) {
  TIDEMARK_TRY_VOID(net::check_keys(object, {"name", "endpoints", "check", "all_down", "floor",
                                             "quorum", "stale_after_ms", "reason"}));
  event::Pool pool = before;
  Fields fields(object);
  TIDEMARK_TRY(const auto name, net::optional_text_field(object, "name"));
  if (name && *name != pool.name) {
    return base::fail(base::Errc::Invalid,
                      "name: \"" + *name + "\" is not the pool of the path, " + pool.name);
  }
  TIDEMARK_TRY(const json::array* endpoints, net::optional_array_field(object, "endpoints"));
  if (endpoints != nullptr) {
    pool.endpoints.clear();
    for (std::size_t i = 0; i < endpoints->size(); ++i) {
      auto endpoint = endpoint_from_json((*endpoints)[i], before);
      if (!endpoint) {
        return std::unexpected(
            std::move(endpoint).error().at("endpoints[" + std::to_string(i) + "]"));
      }
      pool.endpoints.push_back(*std::move(endpoint));
    }
  }
  TIDEMARK_TRY(const json::object* check, net::optional_object_field(object, "check"));
  if (check != nullptr) {
    if (auto read = read_check(*check, pool.check); !read) {
      return std::unexpected(std::move(read).error().at("check"));
    }
  }
  TIDEMARK_TRY_VOID(fields.word("all_down", all_downs, pool.all_down));
  TIDEMARK_TRY_VOID(fields.number("floor", 0, pool.floor));
  TIDEMARK_TRY_VOID(fields.number("quorum", 0, pool.quorum));
  TIDEMARK_TRY_VOID(fields.number("stale_after_ms", 0, pool.stale_after_ms));
  return pool;
}

base::Result<event::Override> override_from_json(const json::object& object, event::Override before,
                                                 std::uint64_t log_ms) {
  TIDEMARK_TRY_VOID(net::check_keys(object, {"state", "until_ms", "for_seconds", "reason"}));
  TIDEMARK_TRY(const std::string state, net::text_field(object, "state"));
  TIDEMARK_TRY(before.state, value_of(override_states, "state", state));
  before.until_ms = 0;
  Fields fields(object);
  TIDEMARK_TRY_VOID(fields.number("until_ms", 0, before.until_ms));
  TIDEMARK_TRY(const auto seconds,
               net::optional_number_field(object, "for_seconds", 1, 10 * 366 * 86'400));
  if (seconds) before.until_ms = log_ms + *seconds * 1000;
  TIDEMARK_TRY_VOID(fields.text("reason", before.reason));
  return before;
}

base::Result<event::PutZoneSettings> settings_from_json(const json::object& object) {
  TIDEMARK_TRY_VOID(net::check_keys(object, {"removal_percent_max", "removal_rrsets_min",
                                             "ttl_seconds_ceiling", "expire_seconds"}));
  event::PutZoneSettings settings;
  TIDEMARK_TRY(const auto percent,
               net::optional_number_field(object, "removal_percent_max", 0, 100));
  TIDEMARK_TRY(const auto rrsets,
               net::optional_number_field(object, "removal_rrsets_min", 0, 0xffffffff));
  TIDEMARK_TRY(const auto ttl,
               net::optional_number_field(object, "ttl_seconds_ceiling", 0, dns::ttl_seconds_max));
  TIDEMARK_TRY(const auto expiry,
               net::optional_number_field(object, "expire_seconds", 0, 0xffffffff));
  if (expiry) settings.expire_seconds = static_cast<std::uint32_t>(*expiry);
  if (percent) settings.removal_percent_max = static_cast<std::uint8_t>(*percent);
  if (rrsets) settings.removal_rrsets_min = static_cast<std::uint32_t>(*rrsets);
  if (ttl) settings.ttl_seconds_ceiling = static_cast<std::uint32_t>(*ttl);
  return settings;
}

}  // namespace tidemark::producer
