#include "producer/decide/diff.hpp"

#include <algorithm>
#include <array>

#include "core/base/hash.hpp"
#include "core/base/time_text.hpp"
#include "core/dns/address_text.hpp"
#include "core/dns/rdata.hpp"

namespace tidemark::producer {
namespace {

std::string head_of(const dns::Name& owner, dns::Ttl ttl, dns::RrType type) {
  return owner.to_text() + " " + std::to_string(ttl.value()) + " IN " + dns::to_text(type) + " ";
}

std::string to_text(event::OverrideState state) {
  switch (state) {
    case event::OverrideState::Up:    return "up";
    case event::OverrideState::Down:  return "down";
    case event::OverrideState::Drain: return "drain";
  }
  return "?";
}

std::string to_text(event::CheckKind kind) {
  switch (kind) {
    case event::CheckKind::None:  return "no";
    case event::CheckKind::Tcp:   return "tcp";
    case event::CheckKind::Http:  return "http";
    case event::CheckKind::Https: return "https";
  }
  return "?";
}

std::string to_text(const event::Address& address) {
  std::string text;
  const base::ByteView octets(address.octets);
  if (address.family == event::Address::Family::V4) {
    dns::append_ipv4(text, octets.first(4));
  } else {
    dns::append_ipv6(text, octets);
  }
  return text;
}

std::string settings_line(const event::PutZoneSettings& settings) {
  std::string line;
  if (settings.removal_percent_max) {
    line += " removal_percent_max=" + std::to_string(*settings.removal_percent_max);
  }
  if (settings.removal_rrsets_min) {
    line += " removal_rrsets_min=" + std::to_string(*settings.removal_rrsets_min);
  }
  if (settings.ttl_seconds_ceiling) {
    line += " ttl_seconds_ceiling=" + std::to_string(*settings.ttl_seconds_ceiling);
  }
  if (settings.expire_seconds) {
    line += " expire_seconds=" + std::to_string(*settings.expire_seconds);
  }
  return line.empty() ? line : "settings" + line;
}

// Collects lines up to a limit and counts the rest.
class Lines {
 public:
  explicit Lines(std::size_t most) : most_(most) {}
  void add(std::string line) {
    if (lines_.size() < most_) {
      lines_.push_back(std::move(line));
    } else {
      ++more_;
    }
  }
  std::vector<std::string> take() && {
    if (more_ > 0) lines_.push_back("... and " + std::to_string(more_) + " more lines");
    return std::move(lines_);
  }

 private:
  std::size_t most_;
  std::size_t more_ = 0;
  std::vector<std::string> lines_;
};

void add_edit(Lines& lines, const dns::Name& zone, const event::ZoneEdit& edit) {
  const std::string name = zone.to_text();
  if (const auto* put = std::get_if<event::PutRrset>(&edit)) {
    for (std::string& line : to_lines(put->rrset)) lines.add("put " + std::move(line));
  } else if (const auto* gone = std::get_if<event::DeleteRrset>(&edit)) {
    lines.add("delete " + gone->owner.to_text() + " " + dns::to_text(gone->type));
  } else if (std::holds_alternative<event::CreateZone>(edit)) {
    lines.add("create zone " + name);
  } else if (std::holds_alternative<event::DeleteZone>(edit)) {
    lines.add("delete zone " + name);
  } else if (const auto* settings = std::get_if<event::PutZoneSettings>(&edit)) {
    lines.add("put " + name + " " + settings_line(*settings));
  } else if (std::holds_alternative<event::BeginConstruction>(edit)) {
    lines.add("begin construction of zone " + name);
  } else if (const auto* commit = std::get_if<event::CommitConstruction>(&edit)) {
    lines.add("commit construction of zone " + name + " with " + std::to_string(commit->rrsets) +
              " RRsets");
  }
}

template <class T>
void add_sides(std::vector<std::string>& lines, const std::vector<Difference<T>>& differences) {
  for (const auto& one : differences) {
    if (one.before) lines.push_back("- " + to_line(*one.before));
    if (one.after) lines.push_back("+ " + to_line(*one.after));
  }
}

}  // namespace

std::uint64_t Diff::added() const noexcept {
  return static_cast<std::uint64_t>(
      std::ranges::count_if(rrsets, [](const auto& one) { return !one.before; }));
}
std::uint64_t Diff::removed() const noexcept {
  return static_cast<std::uint64_t>(
      std::ranges::count_if(rrsets, [](const auto& one) { return !one.after; }));
}
std::uint64_t Diff::changed() const noexcept { return rrsets.size() - added() - removed(); }

std::vector<std::string> to_lines(const dns::Rrset& rrset) {
  std::vector<std::string> lines;
  lines.reserve(rrset.rdata.size());
  const std::string head = head_of(rrset.owner, rrset.ttl, rrset.type);
  for (const base::Bytes& rdata : rrset.rdata) {
    lines.push_back(head + dns::rdata_to_text(rrset.type, rdata));
  }
  return lines;
}

std::string to_line(const event::Pool& pool) {
  std::string line = "pool " + pool.name + ": " + to_text(pool.check.kind) + " check";
  for (const event::Endpoint& endpoint : pool.endpoints) {
    line += ", " + endpoint.id + " " + to_text(endpoint.address);
    if (endpoint.weight != 1) line += " weight " + std::to_string(endpoint.weight);
    if (endpoint.status == event::EndpointStatus::Up) line += " always up";
    if (endpoint.status == event::EndpointStatus::Down) line += " always down";
  }
  return line;
}

std::string to_line(const event::Override& value) {
  return "override " + value.pool + "/" + value.endpoint + " " + to_text(value.state) +
         (value.until_ms == 0
              ? std::string(" until cleared")
              : " until " + base::rfc3339_of(static_cast<std::int64_t>(value.until_ms))) +
         (value.reason.empty() ? "" : ": " + value.reason);
}

std::string to_line(const std::vector<event::CookieSalt>& salts) {
  std::string line;
  for (const event::CookieSalt& salt : salts)
    line += (line.empty() ? "" : ", ") + base::to_hex(salt);
  return "cookie salts " + (line.empty() ? "none" : line);
}

std::vector<std::string> to_lines(const Diff& diff) {
  std::vector<std::string> lines;
  for (const auto& one : diff.rrsets) {
    // Records that stay are not lines of the difference.
    const auto before = one.before ? to_lines(*one.before) : std::vector<std::string>{};
    const auto after = one.after ? to_lines(*one.after) : std::vector<std::string>{};
    for (const std::string& line : before) {
      if (std::ranges::find(after, line) == after.end()) lines.push_back("- " + line);
    }
    for (const std::string& line : after) {
      if (std::ranges::find(before, line) == before.end()) lines.push_back("+ " + line);
    }
  }
  add_sides(lines, diff.pools);
  add_sides(lines, diff.overrides);
  if (diff.cookie_salts) {
    lines.push_back("- " + to_line(diff.cookie_salts->expected));
    lines.push_back("+ " + to_line(diff.cookie_salts->salts));
  }
  if (std::string line = settings_line(diff.settings); !line.empty()) lines.push_back("+ " + line);
  return lines;
}

std::vector<std::string> to_lines(const event::ChangeSet& change, std::size_t lines_max) {
  Lines lines(lines_max);
  if (change.succession) {
    lines.add("go on from version " + std::to_string(change.succession->seq) + " of another log");
  }
  if (change.cookie_salts) lines.add("put " + to_line(change.cookie_salts->salts));
  for (const event::PoolEdit& edit : change.pools) {
    if (const auto* put = std::get_if<event::PutPool>(&edit)) {
      lines.add("put " + to_line(put->pool));
    } else if (const auto* gone = std::get_if<event::DeletePool>(&edit)) {
      lines.add("delete pool " + gone->pool);
    } else if (const auto* set = std::get_if<event::PutOverride>(&edit)) {
      lines.add("put " + to_line(set->override_));
    } else if (const auto* cleared = std::get_if<event::DeleteOverride>(&edit)) {
      lines.add("delete override " + cleared->pool + "/" + cleared->endpoint);
    }
  }
  for (const event::ZoneEdits& zone : change.zones) {
    for (const event::ZoneEdit& edit : zone.edits) add_edit(lines, zone.zone, edit);
  }
  return std::move(lines).take();
}

}  // namespace tidemark::producer
