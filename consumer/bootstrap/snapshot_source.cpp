#include "consumer/bootstrap/snapshot_source.hpp"

#include <algorithm>
#include <limits>

#include <boost/json.hpp>

#include "net/json.hpp"

namespace tidemark::consumer {

using base::Result;

namespace {

constexpr std::string_view page = "/v1/snapshots";
constexpr std::size_t listed_max = 1000;
constexpr std::size_t sha256_digits = 64;

bool is_sha256(std::string_view text) {
  return text.size() == sha256_digits && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

Result<ListedFile> read_entry(const boost::json::value& entry) {
  constexpr auto any = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  TIDEMARK_TRY(const auto* object, net::as_object(entry));
  ListedFile file{};
  TIDEMARK_TRY(file.sha256, net::text_field(*object, "sha256"));
  TIDEMARK_TRY(file.octets, net::number_field(*object, "octets", 1, any));
  TIDEMARK_TRY(file.seq, net::number_field(*object, "seq", 1, any));
  TIDEMARK_TRY(const auto offset, net::number_field(*object, "offset", 0, any));
  file.offset = static_cast<std::int64_t>(offset);
  if (!is_sha256(file.sha256)) return base::fail(base::Errc::Invalid, "sha256: no such hash");
  return file;
}

}  // namespace

std::string to_text(const SnapshotSource& source) {
  std::string text = net::to_text(source.base);
  while (text.ends_with('/')) text.pop_back();
  return text;
}

Result<net::Url> base_url(std::string_view text) {
  auto url = net::parse_url(text);
  if (!url) {
    return std::unexpected(
        std::move(url).error().at(std::string(text) + ": not like http://edge2:8081"));
  }
  if (const auto at = url->target.find(page); at != std::string::npos) url->target.resize(at);
  while (url->target.ends_with('/')) url->target.pop_back();
  return *std::move(url);
}

Result<std::vector<ListedFile>> parse_listing(std::string_view text) {
  TIDEMARK_TRY(const boost::json::value json, net::parse_json(text));
  TIDEMARK_TRY(const auto* object, net::as_object(json));
  TIDEMARK_TRY(const auto* entries, net::array_field(*object, "snapshots"));
  std::vector<ListedFile> files;
  for (const boost::json::value& entry : *entries) {
    if (files.size() == listed_max) break;
    if (auto file = read_entry(entry)) files.push_back(*std::move(file));
  }
  return files;
}

}  // namespace tidemark::consumer
