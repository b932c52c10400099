#include "core/fold/reason.hpp"

#include <array>
#include <utility>

namespace tidemark::fold {

namespace {

struct Row {
  std::string_view text;
  ReasonKind kind;
};

// In the order of Reason.
constexpr std::array rows{
    Row{"zone-exists", ReasonKind::Precondition},
    Row{"zone-missing", ReasonKind::Precondition},
    Row{"zone-changed", ReasonKind::Precondition},
    Row{"stale-author", ReasonKind::Precondition},
    Row{"duplicate-change", ReasonKind::Precondition},
    Row{"construction-missing", ReasonKind::Precondition},
    Row{"construction-incomplete", ReasonKind::Precondition},
    Row{"hash-mismatch", ReasonKind::Precondition},
    Row{"malformed", ReasonKind::Rule},
    Row{"out-of-zone", ReasonKind::Rule},
    Row{"not-canonical", ReasonKind::Rule},
    Row{"type-not-allowed", ReasonKind::Rule},
    Row{"ttl-too-high", ReasonKind::Rule},
    Row{"missing-soa", ReasonKind::Rule},
    Row{"missing-ns", ReasonKind::Rule},
    Row{"soa-off-apex", ReasonKind::Rule},
    Row{"cname-and-other", ReasonKind::Rule},
    Row{"dname-rule", ReasonKind::Rule},
    Row{"below-dname", ReasonKind::Rule},
    Row{"wildcard-rule", ReasonKind::Rule},
    Row{"ds-rule", ReasonKind::Rule},
    Row{"pool-rule", ReasonKind::Rule},
    Row{"rrset-missing", ReasonKind::Rule},
    Row{"pool-missing", ReasonKind::Rule},
    Row{"pool-in-use", ReasonKind::Rule},
    Row{"endpoint-missing", ReasonKind::Rule},
    Row{"override-missing", ReasonKind::Rule},
    Row{"limit-exceeded", ReasonKind::Rule},
    Row{"fold-version", ReasonKind::Rule},
    Row{"removal-guard", ReasonKind::Guard},
    Row{"empty-pool", ReasonKind::Guard},
    Row{"cookies-changed", ReasonKind::Precondition},
    Row{"cookie-rule", ReasonKind::Rule},
};
static_assert(rows.size() == std::to_underlying(reason_last) + 1, "one row for each Reason");

}  // namespace

ReasonKind kind_of(Reason reason) noexcept { return rows[std::to_underlying(reason)].kind; }
std::string_view to_text(Reason reason) noexcept { return rows[std::to_underlying(reason)].text; }

}  // namespace tidemark::fold
