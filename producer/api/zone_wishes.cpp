#include <algorithm>

#include <boost/json.hpp>

#include "core/dns/master_file.hpp"
#include "core/dns/zone_rules.hpp"
#include "net/json.hpp"
#include "producer/api/reads.hpp"
#include "producer/api/request_body.hpp"
#include "producer/api/shapes.hpp"
#include "producer/api/wishes.hpp"
#include "producer/decide/decide.hpp"

namespace tidemark::producer {
namespace json = boost::json;
namespace {

constexpr std::size_t warnings_max = 100;
// Warnings look at the whole zone; above this size they cost more than they tell.
constexpr std::size_t warned_rrsets_max = 100'000;

struct RrsetKey {
  dns::Name owner;
  dns::RrType type;
};

std::expected<RrsetKey, ApiError> rrset_key(const dns::Name& zone, std::string_view owner,
                                            std::string_view type) {
  auto name = owner_from_text(owner, zone);
  if (!name) return refuse(bad_request(std::move(name).error().trail));
  const auto rr_type = type_from_text(type);
  if (!rr_type) return refuse(bad_request(rr_type.error().trail));
  return RrsetKey{*std::move(name), *rr_type};
}

// One record set of a list: "edits[3]: rdata[0]: not an IPv4 address".
class RrsetReader {
 public:
  RrsetReader(const dns::Name& zone, std::string_view list) : zone_(zone), list_(list) {}

  // Key and operation; errors are collected.
  std::optional<RrsetKey> key(const json::object& object, std::size_t index) {
    const auto owner = net::text_field(object, "name");
    if (!owner) return complain(index, owner.error().trail);
    const auto type = net::text_field(object, "type");
    if (!type) return complain(index, type.error().trail);
    auto key = rrset_key(zone_, *owner, *type);
    if (!key) return complain(index, key.error().message);
    return *std::move(key);
  }
  std::optional<dns::Rrset> rrset(const RrsetKey& key, const json::object& object,
                                  const std::optional<dns::Rrset>& before, std::size_t index) {
    auto rrset = rrset_from_json(zone_, key.owner, key.type, object, before);
    if (rrset) return *std::move(rrset);
    details_.push_back({0, 0, key.owner.to_text(), dns::to_text(key.type), "syntax",
                        place(index) + rrset.error().trail});
    return std::nullopt;
  }
  std::nullopt_t complain(std::size_t index, const std::string& what) {
    details_.push_back({0, 0, {}, {}, "syntax", place(index) + what});
    return std::nullopt;
  }
  bool broken() const noexcept { return !details_.empty(); }
  ApiError error() && {
    ApiError error = invalid(
        std::to_string(details_.size()) + " of the " + std::string(list_) + " cannot be read",
        zone_.to_text(), "repair what details lists; nothing was changed");
    if (details_.size() > problems_max) details_.resize(problems_max);
    error.details = std::move(details_);
    return error;
  }

 private:
  std::string place(std::size_t index) const {
    return std::string(list_) + "[" + std::to_string(index) + "]: ";
  }
  const dns::Name& zone_;
  std::string_view list_;
  std::vector<ApiError::Detail> details_;
};

std::expected<std::vector<dns::Rrset>, ApiError> read_rrsets(const json::object& object,
                                                             const dns::Name& zone) {
  const auto known = net::check_keys(object, {"rrsets", "reason"});
  if (!known) return refuse(bad_request(known.error().trail));
  const auto list = net::array_field(object, "rrsets");
  if (!list) return refuse(bad_request(list.error().trail));
  std::vector<dns::Rrset> rrsets;
  RrsetReader reader(zone, "rrsets");
  for (std::size_t i = 0; i < (*list)->size(); ++i) {
    const auto one = net::as_object((**list)[i]);
    if (!one) {
      reader.complain(i, one.error().trail);
      continue;
    }
    const auto key = reader.key(**one, i);
    if (!key) continue;
    if (auto rrset = reader.rrset(*key, **one, std::nullopt, i)) {
      rrsets.push_back(*std::move(rrset));
    }
  }
  if (reader.broken()) return refuse(std::move(reader).error());
  return rrsets;
}

std::vector<std::string> warnings_of(const dns::Name& zone, const dns::MasterFile& file) {
  std::vector<std::string> warnings;
  for (const dns::Remark& remark : file.warnings) warnings.push_back(remark.to_text());
  if (file.rrsets.size() <= warned_rrsets_max) {
    for (const dns::ZoneRemark& remark : dns::check_zone(zone, file.rrsets)) {
      if (remark.severity == dns::Severity::Warning) warnings.push_back(remark.what);
    }
  }
  if (warnings.size() > warnings_max) warnings.resize(warnings_max);
  return warnings;
}

ReadWish fixed(std::string object, Wish wish, std::vector<std::string> warnings = {}) {
  return {std::move(object),
          [wish = std::move(wish)](const Base&) { return std::expected<Wish, ApiError>(wish); },
          std::move(warnings)};
}

std::expected<event::PutZoneSettings, ApiError> read_settings(const json::object& object) {
  const auto settings = net::optional_object_field(object, "settings");
  if (!settings) return refuse(bad_request(settings.error().trail));
  if (*settings == nullptr) return event::PutZoneSettings{};
  auto read = settings_from_json(**settings);
  if (!read) return refuse(bad_request("settings: " + read.error().trail));
  return *read;
}

// PATCH, once its turn has come: an absent TTL is that of the RRset that is there.
std::expected<Wish, ApiError> make_edits(const json::object& object, const dns::Name& zone,
                                         const Base& base) {
  EditZone wish{zone, {}};
  const auto settings = read_settings(object);
  if (!settings) return refuse(settings.error());
  wish.settings = *settings;
  const auto list = net::optional_array_field(object, "edits");
  if (!list) return refuse(bad_request(list.error().trail));
  if (*list == nullptr && wish.settings == event::PutZoneSettings{}) {
    return refuse(bad_request("neither edits nor settings are given"));
  }
  const ZoneView view(base, zone);
  RrsetReader reader(zone, "edits");
  for (std::size_t i = 0; *list != nullptr && i < (*list)->size(); ++i) {
    const auto one = net::as_object((**list)[i]);
    const auto known =
        one ? net::check_keys(**one, {"op", "name", "type", "ttl", "rdata"}) : base::Result<void>();
    const auto op = one ? net::text_field(**one, "op") : base::Result<std::string>();
    if (!one || !known || !op || (*op != "put" && *op != "delete")) {
      reader.complain(i, !one     ? one.error().trail
                         : !known ? known.error().trail
                         : !op    ? op.error().trail
                                  : "op: is put or delete, not \"" + *op + "\"");
      continue;
    }
    const auto key = reader.key(**one, i);
    if (!key) continue;
    if (*op == "delete") {
      wish.edits.emplace_back(event::DeleteRrset{key->owner, key->type});
    } else if (auto rrset = reader.rrset(*key, **one, view.find(key->owner, key->type), i)) {
      wish.edits.emplace_back(event::PutRrset{*std::move(rrset)});
    }
  }
  if (reader.broken()) return refuse(std::move(reader).error());
  return wish;
}

// A name and a type in the body of a PUT must be those of the path.
std::expected<void, ApiError> check_same(const json::object& object, const dns::Name& zone,
                                         const RrsetKey& key) {
  const auto name = net::optional_text_field(object, "name");
  const auto type = net::optional_text_field(object, "type");
  if (!name || !type) return refuse(bad_request((!name ? name : type).error().trail));
  const auto body = rrset_key(zone, *name ? **name : key.owner.to_text(),
                              *type ? **type : dns::to_text(key.type));
  if (!body) return refuse(body.error());
  if (body->owner == key.owner && body->type == key.type) return {};
  return refuse(bad_request("name and type of the body are not those of the path"));
}

}  // namespace

WishResult put_zone(const net::HttpRequest& request, std::string_view zone, Terms& terms) {
  auto name = zone_name_from(zone);
  if (!name) return refuse(std::move(name).error());
  const auto kind = body_kind(request, Body::Text);
  if (!kind) return refuse(kind.error());
  if (*kind == Body::Json) {
    const auto value = read_object(request, BodySize::Zone, terms);
    if (!value) return refuse(value.error());
    auto rrsets = read_rrsets(value->get_object(), *name);
    if (!rrsets) return refuse(std::move(rrsets).error());
    return fixed(name->to_text(), ReplaceZone{*name, *std::move(rrsets)});
  }
  auto file = dns::read_master_file(request.body, *name);
  if (!file) return refuse(from_master_file(file.error(), name->to_text()));
  auto warnings = warnings_of(*name, *file);
  return fixed(name->to_text(), ReplaceZone{*name, std::move(file->rrsets)}, std::move(warnings));
}

WishResult patch_zone(const net::HttpRequest& request, std::string_view zone, Terms& terms) {
  auto name = zone_name_from(zone);
  if (!name) return refuse(std::move(name).error());
  auto value = read_object(request, BodySize::Small, terms);
  if (!value) return refuse(std::move(value).error());
  const auto known = net::check_keys(value->get_object(), {"edits", "settings", "reason"});
  if (!known) return refuse(bad_request(known.error().trail));
  return ReadWish{name->to_text(),
                  [value = *std::move(value), zone_name = *name](const Base& base) {
                    return make_edits(value.get_object(), zone_name, base);
                  }};
}

WishResult delete_zone(std::string_view zone) {
  auto name = zone_name_from(zone);
  if (!name) return refuse(std::move(name).error());
  return ReadWish{
      name->to_text(), [name = *name](const Base& base) -> std::expected<Wish, ApiError> {
        if (!ZoneView(base, name).exists()) {
          return refuse(not_found("there is no such zone", name.to_text(), "tidemark zone list"));
        }
        return RemoveZone{name};
      }};
}

WishResult put_rrset(const net::HttpRequest& request, std::string_view zone, std::string_view owner,
                     std::string_view type, Terms& terms) {
  auto name = zone_name_from(zone);
  if (!name) return refuse(std::move(name).error());
  auto key = rrset_key(*name, owner, type);
  if (!key) return refuse(std::move(key).error());
  auto value = read_object(request, BodySize::Small, terms);
  if (!value) return refuse(std::move(value).error());
  const auto known =
      net::check_keys(value->get_object(), {"ttl", "rdata", "reason", "name", "type"});
  if (!known) return refuse(bad_request(known.error().trail));
  // What is no JSON of this shape is 400; what it says may still be 422.
  if (const auto ttl = net::optional_number_field(value->get_object(), "ttl", 0, 0xffffffff);
      !ttl) {
    return refuse(bad_request(ttl.error().trail));
  }
  if (const auto rdata = net::array_field(value->get_object(), "rdata"); !rdata) {
    return refuse(bad_request(rdata.error().trail));
  }
  if (auto same = check_same(value->get_object(), *name, *key); !same) {
    return refuse(std::move(same).error());
  }
  return ReadWish{name->to_text(),
                  [value = *std::move(value), name = *name,
                   key = *key](const Base& base) -> std::expected<Wish, ApiError> {
                    const ZoneView view(base, name);
                    auto rrset = rrset_from_json(name, key.owner, key.type, value.get_object(),
                                                 view.find(key.owner, key.type));
                    if (rrset) return EditZone{name, {event::PutRrset{*std::move(rrset)}}};
                    ApiError error = invalid(rrset.error().trail,
                                             key.owner.to_text() + " " + dns::to_text(key.type));
                    error.details.push_back({0, 0, key.owner.to_text(), dns::to_text(key.type),
                                             "syntax", rrset.error().trail});
                    return refuse(std::move(error));
                  }};
}

WishResult delete_rrset(std::string_view zone, std::string_view owner, std::string_view type) {
  auto name = zone_name_from(zone);
  if (!name) return refuse(std::move(name).error());
  auto key = rrset_key(*name, owner, type);
  if (!key) return refuse(std::move(key).error());
  return ReadWish{name->to_text(),
                  [name = *name, key = *key](const Base& base) -> std::expected<Wish, ApiError> {
                    if (!ZoneView(base, name).find(key.owner, key.type)) {
                      return refuse(not_found("there is no such RRset",
                                              key.owner.to_text() + " " + dns::to_text(key.type),
                                              "tidemark zone export " + name.to_text()));
                    }
                    return EditZone{name, {event::DeleteRrset{key.owner, key.type}}};
                  }};
}

}  // namespace tidemark::producer
