#include "core/dns/master_file.hpp"

#include <optional>
#include <span>
#include <utility>

#include "core/dns/entry_lexer.hpp"
#include "core/dns/generate.hpp"
#include "core/dns/parsed_records.hpp"
#include "core/dns/rdata_fields.hpp"
#include "core/dns/remark_list.hpp"
#include "core/dns/text_form.hpp"

namespace tidemark::dns {

namespace {

using base::Bytes;
using base::Errc;
using base::Result;

// Fields of one record in text, still as tokens. `owner` is empty where the last one counts.
struct RecordText {
  std::span<const Token> tokens;  // without the owner
  std::span<const Place> places;
  std::optional<Token> owner;
  Place place;
};

// What stands between owner and RDATA.
struct Front {
  std::optional<std::uint32_t> ttl;
  RrType type;
  std::size_t tokens;  // that it takes
};

bool is_class_in(std::string_view word) noexcept {
  return equal_ignoring_case(word, "IN") || equal_ignoring_case(word, "CLASS1");
}

bool is_other_class(std::string_view word) noexcept {
  return equal_ignoring_case(word, "CH") || equal_ignoring_case(word, "HS") ||
         equal_ignoring_case(word, "CS") || equal_ignoring_case(word.substr(0, 5), "CLASS");
}

// Reads entry by entry and keeps what RFC 1035 section 5.1 lets a line leave out.
class MasterReader {
 public:
  MasterReader(std::string_view text, std::optional<Name> zone)
      : lexer_(text), zone_(std::move(zone)), origin_(zone_) {}

  std::expected<MasterFile, MasterFileErrors> read() {
    Entry entry;
    while (lexer_.next(entry)) read_entry(entry);
    return finish();
  }

 private:
  void read_entry(const Entry& entry) {
    if (entry.error) return errors_.add(*entry.error);
    const Token& first = entry.tokens.front();
    const bool directive = !entry.begins_blank && !first.quoted && first.text.starts_with('$');
    if (directive) return read_directive(entry);
    const std::size_t owners = entry.begins_blank ? 0 : 1;
    read_record({std::span(entry.tokens).subspan(owners), std::span(entry.places).subspan(owners),
                 owners == 0 ? std::nullopt : std::optional(first), entry.places.front()});
  }

  void read_directive(const Entry& entry) {
    const std::string_view name = entry.tokens.front().text;
    const Place place = entry.places.front();
    if (equal_ignoring_case(name, "$ORIGIN")) return read_origin(entry);
    if (equal_ignoring_case(name, "$TTL")) return read_default_ttl(entry);
    if (equal_ignoring_case(name, "$GENERATE")) return read_generate(entry);
    if (equal_ignoring_case(name, "$INCLUDE")) {
      return errors_.add(place, "$INCLUDE is refused: a zone arrives as one text");
    }
    errors_.add(place, "unknown directive " + std::string(name));
  }

  // The one argument of a directive.
  const Token* argument_of(const Entry& entry) {
    const bool one = entry.tokens.size() == 2 && !entry.tokens[1].quoted;
    if (!one) {
      errors_.add(entry.places.front(), std::string(entry.tokens[0].text) + " takes one word");
    }
    return one ? &entry.tokens[1] : nullptr;
  }

  void read_origin(const Entry& entry) {
    const Token* argument = argument_of(entry);
    if (argument == nullptr) return;
    auto name = parse_name(argument->text);
    if (!name) return errors_.add(entry.places[1], std::move(name).error().at("$ORIGIN").trail);
    origin_ = *std::move(name);
  }

  void read_default_ttl(const Entry& entry) {
    const Token* argument = argument_of(entry);
    if (argument == nullptr) return;
    const auto seconds = parse_seconds(argument->text);
    if (!seconds || *seconds > ttl_seconds_max) {
      return errors_.add(entry.places[1], "$TTL: not a TTL: " + std::string(argument->text));
    }
    default_ttl_ = seconds;
  }

  void read_generate(const Entry& entry) {
    const Place place = entry.places.front();
    if (entry.tokens.size() < 5) {
      return errors_.add(place, "$GENERATE takes a range, an owner, a type and RDATA");
    }
    const auto range = generate_range_from_text(entry.tokens[1].text);
    if (!range) return errors_.add(entry.places[1], range.error().trail);
    generated_ += range->count();
    if (generated_ > generated_records_max) {
      return errors_.add(
          entry.places[1],
          "$GENERATE: more than " + std::to_string(generated_records_max) + " records in one file");
    }
    for (std::uint64_t step = range->first; step <= range->last; step += range->step) {
      if (!generate_one(entry, static_cast<std::uint32_t>(step))) return;
    }
  }

  // One record of a $GENERATE; false once it went wrong: the others would go wrong alike.
  bool generate_one(const Entry& entry, std::uint32_t step) {
    constexpr std::size_t owner_at = 2;
    std::vector<std::string> texts;
    std::vector<Token> tokens;
    texts.reserve(entry.tokens.size());
    for (std::size_t i = owner_at; i < entry.tokens.size(); ++i) {
      auto text =
          expand_generate(entry.tokens[i].text, step, generated_octets_max - generated_octets_);
      if (text && text->size() <= generated_octets_max - generated_octets_) {
        generated_octets_ += text->size();
        texts.push_back(*std::move(text));
        tokens.push_back({texts.back(), entry.tokens[i].quoted});
        continue;
      }
      errors_.add(entry.places[i], text ? "$GENERATE: makes too much text" : text.error().trail);
      return false;
    }
    return read_record({std::span(tokens).subspan(1), std::span(entry.places).subspan(owner_at + 1),
                        tokens.front(), entry.places[owner_at]});
  }

  // False if it is an error.
  bool read_record(const RecordText& record) {
    const std::string owner_text(record.owner ? record.owner->text : "");
    auto owner = owner_of(record);
    if (!owner) return fail_in(owner_text, record.place, std::move(owner).error());
    last_owner_ = *owner;
    const auto front = front_of(record);
    if (!front) return fail_in(owner_text, front_place_, front.error());
    note_soa(*front, *owner);
    TokenCursor in(record.tokens.subspan(front->tokens), origin_view());
    auto rdata = rdata_from_tokens(front->type, in);
    if (!rdata) {
      const std::size_t wrong = front->tokens + (in.taken() == 0 ? 0 : in.taken() - 1);
      const Place place = record.places[std::min(wrong, record.places.size() - 1)];
      return fail_in(owner_text, place, std::move(rdata).error());
    }
    const auto ttl = ttl_of(*front, *rdata, record.place);
    if (!ttl) return false;
    records_.push_back(
        {*std::move(owner), front->type, Ttl(*ttl), *std::move(rdata), record.place});
    return true;
  }

  bool fail_in(std::string_view owner, Place place, base::Error error) {
    errors_.add(place, owner.empty() ? error.trail : std::move(error).at(owner).trail);
    return false;
  }

  Result<Name> parse_name(std::string_view text) const {
    if (origin_) return Name::parse(text, *origin_);
    if (!ends_in_dot(text)) return base::fail(Errc::Invalid, "a relative name without an origin");
    return Name::parse(text);
  }

  Result<Name> owner_of(const RecordText& record) const {
    if (record.owner) {
      if (record.owner->quoted) return base::fail(Errc::Invalid, "an owner in quotes");
      return parse_name(record.owner->text);
    }
    if (!last_owner_) return base::fail(Errc::Invalid, "no owner, and no record before");
    return *last_owner_;
  }

  // TTL and class in either order, both optional; then the type.
  Result<Front> front_of(const RecordText& record) {
    std::optional<std::uint32_t> ttl;
    bool has_class = false;
    for (std::size_t i = 0; i < record.tokens.size(); ++i) {
      const Token& token = record.tokens[i];
      front_place_ = record.places[i];
      if (token.quoted) return base::fail(Errc::Invalid, "a type in quotes");
      if (!ttl && is_digit(token.text.front())) {
        ttl = parse_seconds(token.text);
        if (!ttl || *ttl > ttl_seconds_max) {
          return base::fail(Errc::Invalid, "not a TTL: " + std::string(token.text));
        }
      } else if (!has_class && is_class_in(token.text)) {
        has_class = true;
      } else {
        return type_of(token.text, ttl, i + 1);
      }
    }
    front_place_ = record.place;
    return base::fail(Errc::Invalid, "no type");
  }

  static Result<Front> type_of(std::string_view word, std::optional<std::uint32_t> ttl,
                               std::size_t taken) {
    const auto type = rr_type_from_text(word);
    if (!type && is_other_class(word)) {
      return base::fail(Errc::Invalid, "class " + std::string(word) + ": a zone has class IN");
    }
    if (!type) return base::fail(Errc::Invalid, "not a type: " + std::string(word));
    if (!is_storable(*type)) {
      return base::fail(Errc::Invalid, "a zone cannot hold type " + to_text(*type));
    }
    return Front{ttl, *type, taken};
  }

  // Without $ORIGIN the owner of the SOA is the origin of what follows it.
  void note_soa(const Front& front, const Name& owner) {
    if (front.type != RrType::Soa) return;
    saw_soa_ = true;
    if (!origin_) origin_ = owner;
  }

  std::optional<NameView> origin_view() const {
    return origin_ ? std::optional<NameView>(*origin_) : std::nullopt;
  }

  // RFC 2308 section 4: $TTL; RFC 1035 section 5.1: the last one stated; BIND: the SOA's MINIMUM.
  std::optional<std::uint32_t> ttl_of(const Front& front, const Bytes& rdata, Place place) {
    if (front.ttl) {
      last_ttl_ = front.ttl;
      return front.ttl;
    }
    if (default_ttl_) return default_ttl_;
    if (last_ttl_) return last_ttl_;
    if (front.type != RrType::Soa) {
      errors_.add(place, "no TTL, none in a record before, and no $TTL");
      last_ttl_ = 0;  // said once
      return std::nullopt;
    }
    last_ttl_ = std::min(base::load_u32(&rdata[rdata.size() - 4]), ttl_seconds_max);
    default_ttl_ = last_ttl_;
    warnings_.add(place, "no TTL: taken from the SOA's MINIMUM");
    return last_ttl_;
  }

  // The zone that was asked for, or that of the first SOA.
  std::optional<Name> find_zone() {
    if (zone_) return zone_;
    for (const ParsedRecord& record : records_) {
      if (record.type == RrType::Soa) return record.owner;
    }
    if (!saw_soa_) {
      errors_.add(Place{}, "no SOA record" + (origin_ ? " at " + origin_->to_text() : ""));
    }
    return std::nullopt;
  }

  void check_owners(const Name& zone) {
    for (const ParsedRecord& record : records_) {
      if (record.owner.view().is_at_or_below(zone)) continue;
      errors_.add(record.place, record.owner.to_text() + " is outside zone " + zone.to_text() +
                                    " (" + to_text(record.type) + ")");
    }
  }

  std::expected<MasterFile, MasterFileErrors> finish() {
    const std::optional<Name> zone = find_zone();
    if (zone) check_owners(*zone);
    if (!zone || !errors_.empty()) {
      return std::unexpected(MasterFileErrors{std::move(errors_).take()});
    }
    Rrsets grouped = group_records(std::move(records_), warnings_);
    return MasterFile{*zone, std::move(grouped.rrsets), std::move(warnings_).take(),
                      std::move(grouped.lines)};
  }

  EntryLexer lexer_;
  std::optional<Name> zone_;
  std::optional<Name> origin_;
  std::optional<Name> last_owner_;
  std::optional<std::uint32_t> default_ttl_;
  std::optional<std::uint32_t> last_ttl_;
  bool saw_soa_ = false;
  Place front_place_;  // the token that front_of looked at last
  std::uint64_t generated_ = 0;
  std::size_t generated_octets_ = 0;
  std::vector<ParsedRecord> records_;
  RemarkList errors_;
  RemarkList warnings_;
};

}  // namespace

std::expected<MasterFile, MasterFileErrors> read_master_file(std::string_view text,
                                                             NameView origin) {
  return MasterReader(text, Name(origin)).read();
}

std::expected<MasterFile, MasterFileErrors> read_master_file(std::string_view text) {
  return MasterReader(text, std::nullopt).read();
}

}  // namespace tidemark::dns
