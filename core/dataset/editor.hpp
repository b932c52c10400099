// Editor: makes the next Dataset from the newest one.
//
// It only edits; it judges nothing but what would break the structure (TIDEMARK_CHECK): rules are
// the fold's. Edits are visible at once through the Editor's own lookups. finish() gives the
// Dataset and its new Version; an Editor that is dropped without it leaves no trace.
//
// Requires  `current` is the newest Dataset of its family, and no other Editor is open on it.
// Threads   The one writer.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "core/dataset/dataset.hpp"

namespace tidemark::dataset {

class Editor {
 public:
  explicit Editor(const Dataset& current);
  Editor(Editor&&) noexcept;
  ~Editor();

  enum class Place : std::uint8_t { Live, Construction };

  const Dataset& base() const noexcept { return base_; }
  Seq next_seq() const noexcept;          // that finish() gives
  StateHash state_hash() const noexcept;  // likewise, as edited so far
  std::optional<Zone> find_zone(dns::NameView apex, Place place = Place::Live) const noexcept;
  std::optional<PoolView> find_pool(std::string_view name) const noexcept;
  std::optional<event::Override> find_override(std::string_view pool,
                                               std::string_view endpoint) const;
  std::vector<event::Override> overrides_of(std::string_view pool) const;

  void create_zone(dns::NameView apex, Place place = Place::Live);
  void delete_zone(dns::NameView apex, Place place = Place::Live);
  // Makes the zone under construction the live one; what was live is retired.
  void commit_construction(dns::NameView apex);
  void put_rrset(dns::NameView apex, const dns::Rrset& rrset, Place place = Place::Live);
  // Requires the RRset to be there. Names that cease to exist go with it.
  void delete_rrset(dns::NameView apex, dns::NameView owner, dns::RrType type,
                    Place place = Place::Live);
  void put_settings(dns::NameView apex, const ZoneSettings& settings, Place place = Place::Live);
  // Writes the serial into the SOA that is there and notes `seq` as the zone's.
  void touch_zone(dns::NameView apex, dns::Serial serial, event::ZoneSeq seq,
                  Place place = Place::Live);

  void put_pool(const event::Pool& pool);
  void delete_pool(std::string_view name);  // its overrides go with it
  void put_override(const event::Override& override_entry);
  void delete_override(std::string_view pool, std::string_view endpoint);

  const std::vector<event::CookieSalt>& cookie_salts() const noexcept;
  void put_cookie_salts(std::vector<event::CookieSalt> salts);

  // For a restore: the seq to give, instead of current + 1.
  void set_seq(Seq seq) noexcept;

  Dataset finish() &&;

 private:
  ZoneBlock& zone_for_edit(dns::NameView apex, Place place);
  void add_leaf(ZoneBlock& zone, dns::NameView owner, const RrsetView& rrset, Place place,
                bool added);
  void move_bucket(dns::NameView owner, const base::U128& leaf, bool added);
  void drop_overrides_of_missing_endpoints(const event::Pool& pool);
  void count_pool_reference(const RrsetView& rrset, bool added);
  NodeBlock* find_node(const ZoneBlock& zone, dns::NameView owner) const noexcept;
  NodeBlock* put_node(ZoneBlock& zone, NodeBlock* node);
  void put_denial(ZoneBlock& zone, Denial* denial);
  void link_to_parent(ZoneBlock& zone, dns::NameView name);
  void unlink_if_childless(ZoneBlock& zone, dns::NameView name);
  void retire_zone(ZoneBlock& zone, Place place);
  void add_entry_hash(base::ByteView octets, bool added);

  Dataset base_;
  std::unique_ptr<Contents> next_;
  Store* store_;
  bool open_ = true;
};

}  // namespace tidemark::dataset
