#include "core/dataset/node.hpp"

#include <algorithm>
#include <cstring>

#include "core/base/check.hpp"
#include "core/base/hash.hpp"
#include "core/dataset/name_path.hpp"

namespace tidemark::dataset {

namespace {

constexpr std::size_t rrset_header_octets = 8;

std::uint8_t flag_of(dns::RrType type) noexcept {
  switch (type) {
    case dns::RrType::Ns:    return NodeBlock::ns;
    case dns::RrType::Dname: return NodeBlock::dname;
    case dns::RrType::Cname: return NodeBlock::cname;
    case dns::RrType::Pool:  return NodeBlock::pool;
    default:                 return 0;
  }
}

std::size_t rendered_octets(const dns::Rrset& rrset) noexcept {
  std::size_t octets = 0;
  for (const base::Bytes& rdata : rrset.rdata) octets += rendered_fixed_octets + rdata.size();
  return octets;
}

void render(const dns::Rrset& rrset, base::FixedWriter& out) noexcept {
  out.put_u16(std::to_underlying(rrset.type));
  out.put_u16(static_cast<std::uint16_t>(rrset.rdata.size()));
  out.put_u32(static_cast<std::uint32_t>(rendered_octets(rrset)));
  for (const base::Bytes& rdata : rrset.rdata) {
    out.put_u16(0xc00c);  // the question's name
    out.put_u16(std::to_underlying(rrset.type));
    out.put_u16(std::to_underlying(dns::RrClass::In));
    out.put_u32(rrset.ttl.value());
    out.put_u16(static_cast<std::uint16_t>(rdata.size()));
    out.put(rdata);
  }
}

base::FixedWriter writer_of(NodeBlock& node) noexcept {
  auto* first = static_cast<std::uint8_t*>(static_cast<void*>(&node + 1));
  return base::FixedWriter({first, (node.octets) - sizeof(NodeBlock)});
}

RrsetCursor cursor_of(const NodeBlock& node) noexcept {
  return RrsetCursor(node.tail().subspan(node.name_octets), node.rrset_count);
}

void copy_rrset(const RrsetView& rrset, base::FixedWriter& out) noexcept {
  out.put_u16(std::to_underlying(rrset.type()));
  out.put_u16(rrset.count());
  out.put_u32(static_cast<std::uint32_t>(rrset.rendered().size()));
  out.put(rrset.rendered());
}

NodeBlock* make_like(Store& store, const NodeBlock& from, std::size_t octets) {
  auto* node = store.allocate<NodeBlock>(octets);
  node->children = from.children;
  node->rrset_count = from.rrset_count;
  node->flags = from.flags;
  node->name_octets = from.name_octets;
  return node;
}

}  // namespace

dns::Rrset RrsetView::to_rrset(dns::NameView owner) const {
  dns::Rrset rrset{dns::Name(owner), type_, ttl(), {}};
  rrset.rdata.reserve(count_);
  for_each_rdata(
      [&](base::ByteView rdata) { rrset.rdata.emplace_back(rdata.begin(), rdata.end()); });
  return rrset;
}

RrsetView RrsetCursor::operator*() const noexcept {
  const auto octets = base::load_u32(rest_.data() + 4);
  return RrsetView(static_cast<dns::RrType>(base::load_u16(rest_.data())),
                   base::load_u16(rest_.data() + 2), rest_.subspan(rrset_header_octets, octets));
}

RrsetCursor& RrsetCursor::operator++() noexcept {
  rest_ = rest_.subspan(rrset_header_octets + base::load_u32(rest_.data() + 4));
  --left_;
  return *this;
}

dns::NameView Node::name() const noexcept { return block_->name(); }
std::uint16_t Node::rrset_count() const noexcept { return block_->rrset_count; }
std::uint32_t Node::children() const noexcept { return block_->children; }
bool Node::owns_ns() const noexcept { return (block_->flags & NodeBlock::ns) != 0; }
bool Node::owns_dname() const noexcept { return (block_->flags & NodeBlock::dname) != 0; }
bool Node::owns_cname() const noexcept { return (block_->flags & NodeBlock::cname) != 0; }
bool Node::owns_pool() const noexcept { return (block_->flags & NodeBlock::pool) != 0; }
bool Node::has_wildcard_child() const noexcept {
  return (block_->flags & NodeBlock::wildcard_child) != 0;
}
RrsetCursor Node::begin() const noexcept { return cursor_of(*block_); }

std::optional<RrsetView> Node::find(dns::RrType type) const noexcept {
  for (RrsetCursor at = begin(); !at.at_end(); ++at) {
    const RrsetView rrset = *at;
    if (rrset.type() == type) return rrset;
  }
  return std::nullopt;
}

NodeBlock* make_empty_node(Store& store, dns::NameView name) {
  const base::ByteView wire = name.wire();
  auto* node = store.allocate<NodeBlock>(sizeof(NodeBlock) + wire.size());
  node->children = 0;
  node->rrset_count = 0;
  node->flags = 0;
  node->name_octets = static_cast<std::uint8_t>(wire.size());
  writer_of(*node).put(wire);
  return node;
}

NodeBlock* make_node(Store& store, const dns::Rrset& rrset) {
  const base::ByteView wire = rrset.owner.wire();
  auto* node = store.allocate<NodeBlock>(sizeof(NodeBlock) + wire.size() + rrset_header_octets +
                                         rendered_octets(rrset));
  node->children = 0;
  node->rrset_count = 1;
  node->flags = flag_of(rrset.type);
  node->name_octets = static_cast<std::uint8_t>(wire.size());
  base::FixedWriter out = writer_of(*node);
  out.put(wire);
  render(rrset, out);
  TIDEMARK_CHECK(!out.overflowed() && out.room() == 0, "a node block is exactly filled");
  return node;
}

NodeBlock* with_rrset(Store& store, const NodeBlock& from, const dns::Rrset& rrset) {
  std::size_t octets = from.octets + rrset_header_octets + rendered_octets(rrset);
  const auto old = Node(&from).find(rrset.type);
  if (old) octets -= rrset_header_octets + old->rendered().size();
  NodeBlock* node = make_like(store, from, octets);
  node->rrset_count = static_cast<std::uint16_t>(from.rrset_count + (old ? 0 : 1));
  node->flags |= flag_of(rrset.type);
  base::FixedWriter out = writer_of(*node);
  out.put(from.name().wire());
  bool written = false;
  for (RrsetCursor at = cursor_of(from); !at.at_end(); ++at) {
    const RrsetView other = *at;
    if (!written && other.type() >= rrset.type) {
      render(rrset, out);
      written = true;
    }
    if (other.type() != rrset.type) copy_rrset(other, out);
  }
  if (!written) render(rrset, out);
  TIDEMARK_CHECK(!out.overflowed() && out.room() == 0, "a node block is exactly filled");
  return node;
}

NodeBlock* without_rrset(Store& store, const NodeBlock& from, dns::RrType type) {
  const auto old = Node(&from).find(type);
  TIDEMARK_CHECK(old.has_value(), "only an RRset that is there is taken out");
  NodeBlock* node =
      make_like(store, from, from.octets - rrset_header_octets - old->rendered().size());
  node->rrset_count = static_cast<std::uint16_t>(from.rrset_count - 1);
  node->flags = static_cast<std::uint8_t>(from.flags & ~flag_of(type));
  base::FixedWriter out = writer_of(*node);
  out.put(from.name().wire());
  for (RrsetCursor at = cursor_of(from); !at.at_end(); ++at) {
    const RrsetView other = *at;
    if (other.type() != type) copy_rrset(other, out);
  }
  return node;
}

NodeBlock* copy_node(Store& store, const NodeBlock& from) {
  NodeBlock* node = make_like(store, from, from.octets);
  writer_of(*node).put(from.tail());
  return node;
}

base::U128 leaf_hash(dns::NameView owner, const RrsetView& rrset) {
  // The same octets as dns::canonical_octets, without an Rrset in between.
  std::array<std::uint8_t, 512> small;
  const std::size_t octets = owner.wire().size() + 10 + rrset.rendered().size();
  base::Bytes large;
  std::span<std::uint8_t> room = small;
  if (octets > small.size()) {
    large.resize(octets);
    room = large;
  }
  base::FixedWriter out(room);
  out.put(owner.wire());
  out.put_u16(std::to_underlying(rrset.type()));
  out.put_u16(std::to_underlying(dns::RrClass::In));
  out.put_u32(rrset.ttl().value());
  out.put_u16(rrset.count());
  rrset.for_each_rdata([&](base::ByteView rdata) {
    out.put_u16(static_cast<std::uint16_t>(rdata.size()));
    out.put(rdata);
  });
  return base::xxh3_128(out.view());
}

std::uint64_t NodeTraits::hash(Key key, std::uint64_t seed) noexcept {
  return name_hash(key, HashSeed(seed));
}

bool NodeTraits::equal(const NodeBlock& node, Key key) noexcept {
  const base::ByteView wire = key.wire();
  return node.name_octets == wire.size() &&
         std::memcmp(node.tail().data(), wire.data(), wire.size()) == 0;
}

}  // namespace tidemark::dataset
