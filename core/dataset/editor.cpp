#include "core/dataset/editor.hpp"

#include <algorithm>
#include <cstring>

#include "core/base/check.hpp"
#include "core/base/hash.hpp"
#include "core/dataset/contents.hpp"

namespace tidemark::dataset {

namespace {

ZoneTable& table_of(Contents& all, Editor::Place place) {
  return place == Editor::Place::Live ? all.zones : all.constructions;
}

ZoneBlock* copy_zone(Store& store, const ZoneBlock& from) {
  auto* mine = store.allocate<ZoneBlock>(from.octets);
  const Object header = *mine;
  std::memcpy(static_cast<void*>(mine), &from, from.octets);
  static_cast<Object&>(*mine) = header;
  return mine;
}

ZoneBlock* make_zone(Store& store, dns::NameView apex) {
  const base::ByteView wire = apex.wire();
  auto* zone = store.allocate<ZoneBlock>(sizeof(ZoneBlock) + wire.size());
  const Object header = *zone;
  zone = new (zone) ZoneBlock{};
  static_cast<Object&>(*zone) = header;
  zone->name_octets = static_cast<std::uint8_t>(wire.size());
  std::memcpy(zone + 1, wire.data(), wire.size());
  return zone;
}

}  // namespace

Editor::Editor(const Dataset& current)
    : base_(current),
      next_(std::make_unique<Contents>(*current.lease_->contents)),
      store_(current.lease_->store.get()) {
  TIDEMARK_CHECK(current.lease_->generation == store_->generation(),
                 "only the newest Dataset of a family is edited");
  store_->begin();
  next_->seq = Seq(next_->seq.value() + 1);
}

Editor::Editor(Editor&& other) noexcept
    : base_(other.base_),
      next_(std::move(other.next_)),
      store_(other.store_),
      open_(std::exchange(other.open_, false)) {}

Editor::~Editor() {
  if (open_) store_->abandon();
}

Seq Editor::next_seq() const noexcept { return next_->seq; }
StateHash Editor::state_hash() const noexcept { return next_->state_hash(); }
void Editor::set_seq(Seq seq) noexcept { next_->seq = seq; }

std::optional<Zone> Editor::find_zone(dns::NameView apex, Place place) const noexcept {
  const ZoneBlock* zone = table_of(*next_, place).find(apex, next_->seed.value());
  if (zone == nullptr) return std::nullopt;
  return Zone(zone, next_->seed);
}

ZoneBlock& Editor::zone_for_edit(dns::NameView apex, Place place) {
  ZoneTable& table = table_of(*next_, place);
  ZoneBlock* zone = table.find(apex, next_->seed.value());
  TIDEMARK_CHECK(zone != nullptr, "the zone to edit exists");
  if (store_->is_fresh(zone)) return *zone;
  ZoneBlock* mine = copy_zone(*store_, *zone);
  table.put(*store_, next_->seed.value(), mine);
  store_->retire(zone);
  return *mine;
}

void Editor::create_zone(dns::NameView apex, Place place) {
  ZoneBlock* zone = make_zone(*store_, apex);
  zone->labels_deepest = static_cast<std::uint32_t>(apex.label_count());
  zone->apex = make_empty_node(*store_, apex);
  const ZoneBlock* old = table_of(*next_, place).put(*store_, next_->seed.value(), zone);
  TIDEMARK_CHECK(old == nullptr, "a zone that exists is not created again");
  if (place == Place::Live) next_->count_zone(apex);
}

void Editor::add_entry_hash(base::ByteView octets, bool added) {
  const base::U128 leaf = base::xxh3_128(octets);
  if (added) {
    next_->entry_sum += leaf;
  } else {
    next_->entry_sum -= leaf;
  }
}

void Editor::add_leaf(ZoneBlock& zone, dns::NameView owner, const RrsetView& rrset, Place place,
                      bool added) {
  const base::U128 leaf = leaf_hash(owner, rrset);
  const auto move = [&](base::U128& sum) { added ? sum += leaf : sum -= leaf; };
  const std::uint64_t one = added ? 1 : ~std::uint64_t{0};
  move(zone.hash);
  zone.rrsets += one;
  if (rrset.type() == dns::RrType::Dname) zone.dnames += one;
  if (place == Place::Construction) {
    move(next_->construction_sum);
    return;
  }
  move(next_->live_sum);
  next_->rrsets += one;
  move_bucket(owner, leaf, added);
}

void Editor::move_bucket(dns::NameView owner, const base::U128& leaf, bool added) {
  const std::uint32_t bucket = bucket_of(owner);
  BucketChunk*& chunk = next_->buckets[bucket / buckets_per_chunk];
  if (chunk == nullptr || !store_->is_fresh(chunk)) {
    auto* mine = store_->allocate<BucketChunk>(sizeof(BucketChunk));
    if (chunk == nullptr) {
      mine->sums = {};
    } else {
      mine->sums = chunk->sums;
      store_->retire(chunk);
    }
    chunk = mine;
  }
  base::U128& sum = chunk->sums[bucket % buckets_per_chunk];
  added ? sum += leaf : sum -= leaf;
}

NodeBlock* Editor::find_node(const ZoneBlock& zone, dns::NameView owner) const noexcept {
  return zone.find(owner, next_->seed.value());
}

NodeBlock* Editor::put_node(ZoneBlock& zone, NodeBlock* node) {
  NodeBlock* old = node->name_octets == zone.name_octets
                       ? std::exchange(zone.apex, node)
                       : zone.names.put(*store_, next_->seed.value(), node);
  if (old != nullptr) store_->retire(old);
  return node;
}

void Editor::put_denial(ZoneBlock& zone, Denial* denial) {
  if (Denial* old = std::exchange(zone.denial, denial)) store_->retire(old);
}

void Editor::link_to_parent(ZoneBlock& zone, dns::NameView name) {
  while (name != zone.name()) {
    const bool wildcard = name.is_wildcard();
    const dns::NameView above = name.parent();
    NodeBlock* parent = find_node(zone, above);
    const bool existed = parent != nullptr;
    if (!existed) {
      parent = put_node(zone, make_empty_node(*store_, above));
    } else if (!store_->is_fresh(parent)) {
      parent = put_node(zone, copy_node(*store_, *parent));
    }
    ++parent->children;
    if (wildcard) parent->flags |= NodeBlock::wildcard_child;
    if (existed) return;
    name = parent->name();
  }
}

void Editor::unlink_if_childless(ZoneBlock& zone, dns::NameView start) {
  dns::Name name(start);  // the nodes that `start` may look into go away
  while (true) {
    NodeBlock* node = find_node(zone, name);
    if (node->rrset_count != 0 || node->children != 0 || name.view() == zone.name()) return;
    const bool wildcard = name.view().is_wildcard();
    zone.names.remove(*store_, next_->seed.value(), name);
    store_->retire(node);
    name = dns::Name(name.view().parent());
    NodeBlock* parent = find_node(zone, name);
    if (!store_->is_fresh(parent)) parent = put_node(zone, copy_node(*store_, *parent));
    --parent->children;
    if (wildcard) parent->flags &= static_cast<std::uint8_t>(~NodeBlock::wildcard_child);
  }
}

void Editor::put_rrset(dns::NameView apex, const dns::Rrset& rrset, Place place) {
  ZoneBlock& zone = zone_for_edit(apex, place);
  const NodeBlock* node = find_node(zone, rrset.owner);
  const bool is_new = node == nullptr;
  if (!is_new) {
    if (const auto old = Node(node).find(rrset.type)) {
      add_leaf(zone, rrset.owner, *old, place, false);
      count_pool_reference(*old, false);
    }
  }
  NodeBlock* changed =
      put_node(zone, is_new ? make_node(*store_, rrset) : with_rrset(*store_, *node, rrset));
  const RrsetView put = *Node(changed).find(rrset.type);
  add_leaf(zone, rrset.owner, put, place, true);
  count_pool_reference(put, true);
  if (rrset.type == dns::RrType::Soa) {
    const base::ByteView soa = put.first_rdata();
    zone.serial = base::load_u32(soa.data() + soa.size() - 20);
    put_denial(zone, make_denial(*store_, zone.name(), put));
  }
  if (is_new) {
    link_to_parent(zone, changed->name());
    zone.labels_deepest =
        std::max(zone.labels_deepest, static_cast<std::uint32_t>(rrset.owner.view().label_count()));
  }
}

void Editor::delete_rrset(dns::NameView apex, dns::NameView owner, dns::RrType type, Place place) {
  ZoneBlock& zone = zone_for_edit(apex, place);
  const NodeBlock* node = find_node(zone, owner);
  TIDEMARK_CHECK(node != nullptr, "the name to take an RRset from exists");
  const auto old = Node(node).find(type);
  TIDEMARK_CHECK(old.has_value(), "the RRset to delete exists");
  add_leaf(zone, owner, *old, place, false);
  count_pool_reference(*old, false);
  const NodeBlock* changed = put_node(zone, without_rrset(*store_, *node, type));
  if (type == dns::RrType::Soa) put_denial(zone, nullptr);
  unlink_if_childless(zone, changed->name());
}

void Editor::put_settings(dns::NameView apex, const ZoneSettings& settings, Place place) {
  ZoneBlock& zone = zone_for_edit(apex, place);
  if (place == Place::Live && zone.settings != ZoneSettings{}) {
    add_entry_hash(settings_octets(apex, zone.settings), false);
  }
  zone.settings = settings;
  if (place == Place::Live && settings != ZoneSettings{}) {
    add_entry_hash(settings_octets(apex, settings), true);
  }
}

void Editor::touch_zone(dns::NameView apex, dns::Serial serial, event::ZoneSeq seq, Place place) {
  ZoneBlock& zone = zone_for_edit(apex, place);
  zone.seq = seq.value();
  const auto soa = Zone(&zone, next_->seed).apex().find(dns::RrType::Soa);
  if (!soa || zone.serial == serial.value()) return;
  dns::Rrset changed = soa->to_rrset(apex);
  base::Bytes& rdata = changed.rdata.front();
  base::store_u32(rdata.data() + rdata.size() - 20, serial.value());
  put_rrset(apex, changed, place);
}

void Editor::retire_zone(ZoneBlock& zone, Place place) {
  zone.for_each_node([&](const NodeBlock& block) {
    const Node node(&block);
    for (const RrsetView rrset : node) {
      add_leaf(zone, node.name(), rrset, place, false);
      count_pool_reference(rrset, false);
    }
  });
  if (place == Place::Live) {
    if (zone.settings != ZoneSettings{}) {
      add_entry_hash(settings_octets(zone.name(), zone.settings), false);
    }
    next_->discount_zone(zone.name());
  }
  zone.names.clear(*store_, [&](NodeBlock* node) { store_->retire(node); });
  store_->retire(zone.apex);
  put_denial(zone, nullptr);
  store_->retire(&zone);
}

void Editor::delete_zone(dns::NameView apex, Place place) {
  ZoneBlock& zone = zone_for_edit(apex, place);
  table_of(*next_, place).remove(*store_, next_->seed.value(), apex);
  retire_zone(zone, place);
}

void Editor::commit_construction(dns::NameView apex) {
  ZoneBlock& zone = zone_for_edit(apex, Place::Construction);
  next_->constructions.remove(*store_, next_->seed.value(), apex);
  if (const auto live = find_zone(apex)) {
    zone.settings = live->settings();
    delete_zone(apex);
  }
  next_->construction_sum -= zone.hash;
  next_->live_sum += zone.hash;
  next_->rrsets += zone.rrsets;
  zone.for_each_node([&](const NodeBlock& block) {
    const Node node(&block);
    for (const RrsetView rrset : node) {
      move_bucket(node.name(), leaf_hash(node.name(), rrset), true);
    }
  });
  if (zone.settings != ZoneSettings{}) {
    add_entry_hash(settings_octets(apex, zone.settings), true);
  }
  next_->count_zone(zone.name());
  next_->zones.put(*store_, next_->seed.value(), &zone);
}

const std::vector<event::CookieSalt>& Editor::cookie_salts() const noexcept {
  return *next_->cookie_salts;
}

void Editor::put_cookie_salts(std::vector<event::CookieSalt> salts) {
  if (!cookie_salts().empty()) add_entry_hash(cookie_salts_octets(cookie_salts()), false);
  if (!salts.empty()) add_entry_hash(cookie_salts_octets(salts), true);
  next_->cookie_salts = std::make_shared<const std::vector<event::CookieSalt>>(std::move(salts));
}

Dataset Editor::finish() && {
  store_->commit();
  open_ = false;
  return Dataset(std::make_shared<const Dataset::Lease>(base_.lease_->store, std::move(next_),
                                                        store_->generation()));
}

}  // namespace tidemark::dataset
