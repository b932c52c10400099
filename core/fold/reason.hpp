// Why the fold rejects: closed set of reason codes, stable for ever (they are in audit and
// metrics).
#pragma once

#include <cstdint>
#include <string_view>

namespace tidemark::fold {

enum class Reason : std::uint8_t {
  // preconditions: somebody else was first (409)
  ZoneExists,
  ZoneMissing,
  ZoneChanged,
  StaleAuthor,
  DuplicateChange,
  ConstructionMissing,
  ConstructionIncomplete,
  HashMismatch,
  // rules: the content is not admissible (422)
  Malformed,
  OutOfZone,
  NotCanonical,
  TypeNotAllowed,
  TtlTooHigh,
  MissingSoa,
  MissingNs,
  SoaOffApex,
  CnameAndOther,
  DnameRule,
  BelowDname,
  WildcardRule,
  DsRule,
  PoolRule,
  RrsetMissing,
  PoolMissing,
  PoolInUse,
  EndpointMissing,
  OverrideMissing,
  LimitExceeded,
  FoldVersion,
  // guards: too much would go away (403)
  RemovalGuard,
  EmptyPool,
  // younger ones, of any kind
  CookiesChanged,
  CookieRule,
};
constexpr Reason reason_last = Reason::CookieRule;

enum class ReasonKind : std::uint8_t { Precondition, Rule, Guard };

ReasonKind kind_of(Reason reason) noexcept;
std::string_view to_text(Reason reason) noexcept;  // "zone-changed": as in audit, metrics and API

}  // namespace tidemark::fold
