// SvcParams of SVCB and HTTPS (RFC 9460 section 2): key=value tokens, and their order on the wire.
#include <algorithm>
#include <vector>

#include "core/dns/rdata_fields.hpp"
#include "core/dns/service_params.hpp"

namespace tidemark::dns {

namespace {

using base::Bytes;
using base::ByteView;
using base::Reader;
using base::Result;
using base::Writer;

struct Param {
  ServiceKey key;
  Bytes value;
};

// The value of `key=value` or `key="value"`.
Result<std::string_view> value_of(std::string_view text) {
  if (!text.starts_with('"')) return text;
  if (text.size() < 2 || !text.ends_with('"')) return malformed("text behind a closing quote");
  return text.substr(1, text.size() - 2);
}

Result<Param> take_param(TokenCursor& in) {
  TIDEMARK_TRY(const std::string_view word, in.word());
  const std::size_t equals = word.find('=');
  const std::string_view name = word.substr(0, equals);
  const auto key = service_key_from_text(name);
  if (!key) return malformed("not a key: " + std::string(name));
  TIDEMARK_TRY(const std::string_view text,
               value_of(equals == std::string_view::npos ? "" : word.substr(equals + 1)));
  auto value = service_value_from_text(*key, text);
  if (!value) return std::unexpected(std::move(value).error().at(name));
  return Param{*key, *std::move(value)};
}

// Any order in text, ascending on the wire.
Result<void> read_service(TokenCursor& in, Writer& out) {
  std::vector<Param> params;
  while (!in.at_end()) {
    TIDEMARK_TRY(Param param, take_param(in));
    params.push_back(std::move(param));
  }
  std::ranges::stable_sort(params, {}, &Param::key);
  for (const Param& param : params) {
    if (param.value.size() > UINT16_MAX) return malformed("a value above 65535 octets");
    out.put_u16(static_cast<std::uint16_t>(param.key));
    out.put_u16(static_cast<std::uint16_t>(param.value.size()));
    out.put(param.value);
  }
  return {};
}

struct ParamView {
  ServiceKey key;
  ByteView value;
};

Result<ParamView> take_param_wire(Reader& in) {
  const auto key = in.take_u16();
  const auto length = in.take_u16();
  if (!key || !length) return cut_short();
  const auto value = in.take(*length);
  if (!value) return cut_short();
  return ParamView{static_cast<ServiceKey>(*key), *value};
}

// What ties parameters to each other: sections 7.1.1 (no-default-alpn) and 8 (mandatory).
Result<void> check_together(const std::vector<ParamView>& params) {
  const auto present = [&](ServiceKey key) {
    return std::ranges::any_of(params, [&](const ParamView& param) { return param.key == key; });
  };
  if (present(ServiceKey::NoDefaultAlpn) && !present(ServiceKey::Alpn)) {
    return malformed("no-default-alpn without alpn");
  }
  if (!present(ServiceKey::Mandatory)) return {};
  Reader keys(params.front().value);
  while (const auto code = keys.take_u16()) {
    const auto key = static_cast<ServiceKey>(*code);
    if (!present(key)) return malformed(to_text(key) + " is mandatory, but not there");
  }
  return {};
}

Result<void> check_service(Reader& in, Writer& out) {
  std::vector<ParamView> params;
  out.put(in.rest());
  while (!in.at_end()) {
    TIDEMARK_TRY(const ParamView param, take_param_wire(in));
    if (!params.empty() && params.back().key >= param.key) {
      return malformed("keys that do not ascend, or a key twice");
    }
    auto sound = check_service_value(param.key, param.value);
    if (!sound) return std::unexpected(std::move(sound).error().at(to_text(param.key)));
    params.push_back(param);
  }
  return check_together(params);
}

void print_service(Reader& in, std::string& out) {
  for (bool first = true; !in.at_end(); first = false) {
    const auto param = take_param_wire(in);
    if (!param) return;
    if (!first) out.push_back(' ');
    out += to_text(param->key);
    append_service_value(out, param->key, param->value);
  }
}

}  // namespace

const FieldForm service_form{read_service, check_service, print_service};

}  // namespace tidemark::dns
