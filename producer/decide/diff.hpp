// Diff: what a Plan changes, before and after, as values and as lines for people.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/dns/rrset.hpp"
#include "core/event/change_set.hpp"
#include "core/event/pool.hpp"

namespace tidemark::producer {

template <class T>
struct Difference {  // at least one of the two is there
  std::optional<T> before;
  std::optional<T> after;
};

struct Diff {
  std::vector<Difference<dns::Rrset>> rrsets{};
  std::vector<Difference<event::Pool>> pools{};
  std::vector<Difference<event::Override>> overrides{};
  event::PutZoneSettings settings{};  // those that change
  std::optional<event::PutCookieSalts> cookie_salts{};

  std::uint64_t added() const noexcept;  // RRsets
  std::uint64_t removed() const noexcept;
  std::uint64_t changed() const noexcept;
};

// One record a line: "www.example.org. 300 IN A 192.0.2.1".
std::vector<std::string> to_lines(const dns::Rrset& rrset);
// "pool web: http check, a 192.0.2.1, b 2001:db8::1", "override web/a down until cleared".
std::string to_line(const event::Pool& pool);
std::string to_line(const event::Override& value);
// "cookie salts 0011..., 2233...", "cookie salts none".
std::string to_line(const std::vector<event::CookieSalt>& salts);
// Each line begins with "- " (before) or "+ " (after).
std::vector<std::string> to_lines(const Diff& diff);

// The edits of a ChangeSet as lines, for the audit: "put www.example.org. 300 IN A 192.0.2.1",
// "delete old.example.org. A", "delete zone example.org.". At most lines_max, then how many more.
std::vector<std::string> to_lines(const event::ChangeSet& change, std::size_t lines_max);

}  // namespace tidemark::producer
