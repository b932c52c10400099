#include "core/dns/rdata.hpp"

#include <algorithm>
#include <utility>

#include "core/dns/encodings.hpp"
#include "core/dns/entry_lexer.hpp"
#include "core/dns/rdata_fields.hpp"
#include "core/dns/rdata_rules.hpp"
#include "core/dns/text_form.hpp"

namespace tidemark::dns {

namespace {

using base::Bytes;
using base::ByteView;
using base::Reader;
using base::Result;
using base::Writer;

constexpr std::size_t rdata_octets_max = 65535;

bool is_last(const RdataRule& rule, std::size_t index) noexcept {
  return index == rule.fields.size() || rule.fields[index].field == Field::None;
}

std::unexpected<base::Error> in_field(base::Error error, const RuleField& field) {
  if (field.name.empty()) return std::unexpected(std::move(error));
  return std::unexpected(std::move(error).at(field.name));
}

Result<Bytes> canonical_by_rule(const RdataRule& rule, ByteView wire) {
  Reader in(wire);
  Writer out;
  for (std::size_t i = 0; !is_last(rule, i); ++i) {
    auto sound = form_of(rule.fields[i].field).check(in, out);
    if (!sound) return in_field(std::move(sound).error(), rule.fields[i]);
  }
  if (!in.at_end()) return malformed(std::to_string(in.left()) + " octets left over");
  if (rule.check != nullptr) TIDEMARK_TRY_VOID(rule.check(out.view()));
  return std::move(out).take();
}

Result<Bytes> wire_by_rule(const RdataRule& rule, TokenCursor& in) {
  Writer out;
  for (std::size_t i = 0; !is_last(rule, i); ++i) {
    auto sound = form_of(rule.fields[i].field).read(in, out);
    if (!sound) return in_field(std::move(sound).error(), rule.fields[i]);
  }
  if (!in.at_end()) return malformed("too many fields: " + std::string(in.peek()->text));
  return std::move(out).take();
}

bool is_generic(const Token* token) noexcept {
  return token != nullptr && !token->quoted && token->text == "\\#";
}

// RFC 3597 section 5: \# length hex...
Result<Bytes> wire_from_generic(TokenCursor& in) {
  TIDEMARK_TRY_VOID(in.word());
  TIDEMARK_TRY(const std::string_view word, in.word());
  const auto length = parse_decimal(word, rdata_octets_max);
  if (!length) return malformed("not a length: " + std::string(word));
  if (*length == 0 && in.at_end()) return Bytes{};
  TIDEMARK_TRY(const std::string digits, in.joined());
  auto octets = from_hex(digits);
  if (!octets) return malformed("not hexadecimal");
  if (octets->size() != *length) {
    return malformed("length " + std::to_string(*length) + ", but " +
                     std::to_string(octets->size()) + " octets");
  }
  return *std::move(octets);
}

std::string generic_text(ByteView rdata) {
  std::string text = "\\# " + std::to_string(rdata.size());
  if (!rdata.empty()) text.push_back(' ');
  append_hex(text, rdata);
  return text;
}

Result<Bytes> canonical(RrType type, ByteView wire) {
  if (wire.size() > rdata_octets_max) return malformed("more than 65535 octets");
  const RdataRule* rule = rule_of(type);
  if (rule == nullptr) return Bytes(wire.begin(), wire.end());
  return canonical_by_rule(*rule, wire);
}

Result<Bytes> from_tokens(RrType type, TokenCursor& in) {
  const RdataRule* rule = rule_of(type);
  if (rule == nullptr && !is_generic(in.peek())) {
    return malformed("is known only in the form \\# length hexadecimal");
  }
  TIDEMARK_TRY(const Bytes wire,
               is_generic(in.peek()) ? wire_from_generic(in) : wire_by_rule(*rule, in));
  return canonical(type, wire);
}

// Every error begins with the type.
Result<Bytes> of_type(RrType type, Result<Bytes> result) {
  if (!result) return std::unexpected(std::move(result).error().at(to_text(type)));
  return result;
}

}  // namespace

Result<Bytes> rdata_from_tokens(RrType type, TokenCursor& in) {
  return of_type(type, from_tokens(type, in));
}

Result<Bytes> rdata_from_text(RrType type, const std::vector<Token>& fields, NameView origin) {
  TokenCursor in(fields, origin);
  return rdata_from_tokens(type, in);
}

Result<Bytes> rdata_from_text(RrType type, std::string_view text, NameView origin) {
  EntryLexer lexer(text);
  Entry entry;
  lexer.next(entry);
  if (entry.error) return of_type(type, malformed(entry.error->what));
  if (entry.has_comment) {  // of a master file; here it would swallow the rest of a TXT unseen
    return of_type(type, malformed("a ; begins a comment: put the text in double quotes"));
  }
  const std::vector<Token> fields = std::move(entry.tokens);
  if (Entry further; lexer.next(further)) return of_type(type, malformed("more than one line"));
  return rdata_from_text(type, fields, origin);
}

Result<Bytes> canonical_rdata(RrType type, ByteView wire) {
  return of_type(type, canonical(type, wire));
}

std::string rdata_to_text(RrType type, ByteView rdata) {
  const RdataRule* rule = rule_of(type);
  if (rule == nullptr || (rule->has_text != nullptr && !rule->has_text(rdata))) {
    return generic_text(rdata);
  }
  std::string text;
  Reader in(rdata);
  for (std::size_t i = 0; !is_last(*rule, i); ++i) {
    if (i > 0) text.push_back(' ');
    const std::size_t begin = text.size();
    form_of(rule->fields[i].field).print(in, text);
    // A list that may be empty comes last; an empty one leaves no space behind.
    if (i > 0 && text.size() == begin) text.pop_back();
  }
  return text;
}

std::vector<NameView> names_in_rdata(RrType type, ByteView rdata) {
  std::vector<NameView> names;
  const RdataRule* rule = rule_of(type);
  if (rule == nullptr) return names;
  Reader in(rdata);
  Writer passed;
  for (std::size_t i = 0; !is_last(*rule, i); ++i) {
    const Field field = rule->fields[i].field;
    const std::size_t begin = in.position();
    if (!form_of(field).check(in, passed)) break;
    const bool lower_case = field == Field::Name;
    if (lower_case) {
      names.push_back(NameView::trusted(rdata.subspan(begin, in.position() - begin)));
    }
  }
  return names;
}

}  // namespace tidemark::dns
