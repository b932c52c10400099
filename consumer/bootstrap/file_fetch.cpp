#include "consumer/bootstrap/file_fetch.hpp"

#include <algorithm>
#include <charconv>

namespace tidemark::consumer {

using base::Errc;
using base::Result;

namespace {

constexpr unsigned partial_content = 206, whole = 200, too_many = 429, unavailable = 503;
constexpr std::chrono::seconds retry_after_default{5}, retry_after_max{600};

// "bytes 0-99/1234" for the part that was asked for.
bool is_range(const net::HttpResponse& response, std::uint64_t first, std::uint64_t end,
              std::uint64_t octets) {
  const std::string wanted = "bytes " + std::to_string(first) + "-" + std::to_string(end - 1) +
                             "/" + std::to_string(octets);
  return response.headers.get("Content-Range") == wanted && response.body.size() == end - first;
}

}  // namespace

net::HttpCall call_to(const SnapshotSource& source, const std::string& page,
                      const CallTerms& terms) {
  net::HttpCall call;
  call.url = source.base;
  call.url.target += page;
  if (!source.token.empty()) call.headers.add("Authorization", "Bearer " + source.token);
  call.ca_file = terms.ca_file;
  return call;
}

std::chrono::nanoseconds retry_after(const net::HttpResponse& response) {
  const std::string_view text = response.headers.get("Retry-After").value_or("");
  std::uint32_t seconds = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (failed != std::errc() || end != text.data() + text.size()) return retry_after_default;
  return std::min<std::chrono::nanoseconds>(std::chrono::seconds(seconds), retry_after_max);
}

Result<void> FileFetch::run(const SnapshotSource& source, const ListedFile& file,
                            FileParts& parts) {
  std::uint64_t step = part_octets_min;
  if (parts.octets() > file.octets) parts.drop();
  ports_.progress(parts.octets());
  while (parts.octets() < file.octets) {
    const std::uint64_t first = parts.octets(), end = std::min(file.octets, first + step);
    TIDEMARK_TRY(const std::string octets, part(source, file, first, end));
    received_ += octets.size();
    TIDEMARK_TRY_VOID(parts.append(base::as_bytes(octets)));
    ports_.progress(parts.octets());
    step = std::min<std::uint64_t>(step * 2, part_octets_max);
  }
  return {};
}

Result<std::string> FileFetch::part(const SnapshotSource& source, const ListedFile& file,
                                    std::uint64_t first, std::uint64_t end) {
  net::HttpCall call = call_to(source, "/v1/snapshots/" + file.sha256, ports_.terms);
  const std::string place = net::to_text(call.url);
  call.headers.add("Range", "bytes=" + std::to_string(first) + "-" + std::to_string(end - 1));
  // A source without ranges may send the whole at once, if that is no more than a part.
  call.response_octets_max = std::max<std::size_t>(part_octets_max, end - first) + 64 * 1024;
  TIDEMARK_TRY(net::HttpResponse response, ports_.ask(std::move(call), part_deadline));
  if (response.status == partial_content) {
    if (is_range(response, first, end, file.octets)) return std::move(response.body);
    return base::fail(Errc::Conflict, place + ": the range sent is not the one asked for");
  }
  if (response.status == whole && response.body.size() == file.octets) {
    return response.body.substr(first);
  }
  if (response.status == too_many || response.status == unavailable) {
    busy_for_ = retry_after(response);
    return base::fail(Errc::Unavailable,
                      place + ": busy (" + std::to_string(response.status) + ")");
  }
  const Errc code = response.status >= 500 ? Errc::Unavailable : Errc::Conflict;
  return base::fail(code, place + ": status " + std::to_string(response.status));
}

}  // namespace tidemark::consumer
