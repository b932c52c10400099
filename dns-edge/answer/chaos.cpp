#include "dns-edge/answer/chaos.hpp"

namespace tidemark::edge {

namespace {

using namespace std::string_view_literals;

constexpr auto id_server = "\2id\6server\0"sv;
constexpr auto hostname_bind = "\10hostname\4bind\0"sv;  // octal 10: 8
constexpr auto version_server = "\7version\6server\0"sv;
constexpr auto version_bind = "\7version\4bind\0"sv;

}  // namespace

std::string_view chaos_text(const dns::Query& query, const AnswerSettings& settings) noexcept {
  if (query.qtype != dns::RrType::Txt && query.qtype != dns::RrType::Any) return {};
  const std::string_view name = base::as_text(query.qname().wire());
  if (name == id_server) return settings.id_server;
  if (name == hostname_bind) return settings.hostname_bind;
  if (name == version_server) return settings.version_server;
  if (name == version_bind) return settings.version_bind;
  return {};
}

}  // namespace tidemark::edge
