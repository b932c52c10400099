#include "cli/record_text.hpp"

#include "cli/table.hpp"
#include "core/base/hash.hpp"
#include "schemas/json_writer.hpp"
#include "schemas/text.hpp"
#include "schemas/words.hpp"

namespace tidemark::cli {

namespace {

std::string appended_text(const log::Record& record) {
  const std::int64_t ms = record.appended.value();
  return ms < 0 ? "-" : schemas::time_text(static_cast<std::uint64_t>(ms));
}

std::string indented(std::string_view lines) {
  std::string out;
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    out += "    ";
    out += lines.substr(0, end);
    out += '\n';
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
  return out;
}

}  // namespace

std::string to_text(const log::Record& record) {
  std::string out = std::to_string(record.offset.value()) + "  " + appended_text(record) + "  " +
                    (record.key.empty() ? "-" : plain(record.key)) + "  ";
  if (record.tombstone) return out + "tombstone\n";
  out += std::to_string(record.value.size()) + " octets\n";
  if (const auto text = schemas::render(record.value, schemas::Rendering::Text)) {
    return out + indented(*text);
  } else {
    return out + "    undecodable: " + plain(text.error().trail) + "\n    sha256 " +
           base::to_hex(base::sha256(record.value)) + "\n";
  }
}

std::string to_json(const log::Record& record) {
  schemas::JsonWriter json;
  json.begin_object().key("offset").signed_number(record.offset.value());
  json.member("time", appended_text(record)).member("key", record.key);
  json.key("tombstone").boolean(record.tombstone);
  json.member("octets", record.value.size());
  json.key("headers").begin_object();
  for (const auto& [name, value] : record.headers) json.member(name, value);
  json.end_object().end_object();
  std::string out = std::move(json).take();
  out.pop_back();  // the brace: the record's own JSON goes in as it is
  if (record.tombstone) return out + ",\"record\":null}\n";
  auto rendered = schemas::render(record.value, schemas::Rendering::Json);
  if (rendered) {
    while (!rendered->empty() && rendered->back() == '\n') rendered->pop_back();
    return out + ",\"record\":" + *rendered + "}\n";
  }
  schemas::JsonWriter wrong;
  wrong.begin_object()
      .member("error", rendered.error().trail)
      .member("sha256", base::to_hex(base::sha256(record.value)))
      .end_object();
  return out + ",\"undecodable\":" + std::move(wrong).take() + "}\n";
}

}  // namespace tidemark::cli
