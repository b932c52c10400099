// Node: one name of one zone with all its RRsets, as one immutable block of memory.
//
// A name exists when it owns an RRset or has a descendant that does; the latter alone is an empty
// non-terminal and has a Node without RRsets. Each RRset is stored once, in the form in which it is
// answered: for every record C0 0C (the question's name), type, class, TTL, RDLENGTH, RDATA. The
// canonical form for hash, diff and transfer is derived from it.
//
// Node is a view: it looks into a Store's memory and is valid as long as the Dataset (or the open
// Editor, until its next edit) that gave it.
//
// Cost  A name with one A record: 33 octets and its wire name, rounded up to 16.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/u128.hpp"
#include "core/dataset/store.hpp"
#include "core/dns/name.hpp"
#include "core/dns/rrset.hpp"
#include "core/dns/types.hpp"

namespace tidemark::dataset {

constexpr std::size_t rendered_fixed_octets = 12;  // of one record before its RDATA

// One RRset of a Node.
class RrsetView {
 public:
  dns::RrType type() const noexcept { return type_; }
  std::uint16_t count() const noexcept { return count_; }
  dns::Ttl ttl() const noexcept { return dns::Ttl(base::load_u32(rendered_.data() + 6)); }
  // Ready for an answer whose question is this owner: copy as it is.
  base::ByteView rendered() const noexcept { return rendered_; }

  // Calls visit(ByteView rdata) in canonical order.
  template <class Visit>
  void for_each_rdata(Visit&& visit) const {
    for (base::ByteView rest = rendered_; !rest.empty();) {
      const std::size_t octets = base::load_u16(rest.data() + 10);
      visit(rest.subspan(rendered_fixed_octets, octets));
      rest = rest.subspan(rendered_fixed_octets + octets);
    }
  }
  base::ByteView first_rdata() const noexcept {
    return rendered_.subspan(rendered_fixed_octets, base::load_u16(rendered_.data() + 10));
  }
  dns::Rrset to_rrset(dns::NameView owner) const;

 private:
  friend class RrsetCursor;
  RrsetView(dns::RrType type, std::uint16_t count, base::ByteView rendered) noexcept
      : type_(type), count_(count), rendered_(rendered) {}
  dns::RrType type_;
  std::uint16_t count_;
  base::ByteView rendered_;
};

struct NodeBlock;

// Steps over the RRsets of a Node, ascending by type.
class RrsetCursor {
 public:
  explicit RrsetCursor(base::ByteView rest, std::uint16_t left) noexcept
      : rest_(rest), left_(left) {}
  bool at_end() const noexcept { return left_ == 0; }
  RrsetView operator*() const noexcept;
  RrsetCursor& operator++() noexcept;
  friend bool operator!=(const RrsetCursor& cursor, std::nullptr_t) noexcept {
    return !cursor.at_end();
  }

 private:
  base::ByteView rest_;
  std::uint16_t left_;
};

class Node {
 public:
  explicit Node(const NodeBlock* block) noexcept : block_(block) {}

  dns::NameView name() const noexcept;
  std::uint16_t rrset_count() const noexcept;
  std::uint32_t children() const noexcept;  // names exactly one label longer that exist
  bool is_empty_non_terminal() const noexcept { return rrset_count() == 0; }
  bool has(dns::RrType type) const noexcept { return find(type).has_value(); }
  std::optional<RrsetView> find(dns::RrType type) const noexcept;

  // Flags, kept by the Editor: no search needed on the query path.
  bool owns_ns() const noexcept;  // at the apex, or a zone cut
  bool owns_dname() const noexcept;
  bool owns_cname() const noexcept;
  bool owns_pool() const noexcept;
  bool has_wildcard_child() const noexcept;

  RrsetCursor begin() const noexcept;
  std::nullptr_t end() const noexcept { return nullptr; }

 private:
  const NodeBlock* block_;
};

struct NodeBlock : Object {
  std::uint32_t children;
  std::uint16_t rrset_count;
  std::uint8_t flags;
  std::uint8_t name_octets;  // 255 at most, root included
  // Then: the wire name, and for each RRset: type u16, count u16, octets u32, rendered octets.

  static constexpr std::uint8_t ns = 1, dname = 2, cname = 4, pool = 8, wildcard_child = 16;
  base::ByteView tail() const noexcept {
    return {static_cast<const std::uint8_t*>(static_cast<const void*>(this + 1)),
            octets - sizeof(NodeBlock)};
  }
  dns::NameView name() const noexcept { return dns::NameView::trusted(tail().first(name_octets)); }
};

// Makes blocks; the Editor's tool.
NodeBlock* make_empty_node(Store& store, dns::NameView name);
NodeBlock* make_node(Store& store, const dns::Rrset& rrset);  // a name with this RRset alone
// A copy of `from` with `rrset` put in or replaced / without `type`. `from` is not retired.
NodeBlock* with_rrset(Store& store, const NodeBlock& from, const dns::Rrset& rrset);
NodeBlock* without_rrset(Store& store, const NodeBlock& from, dns::RrType type);
NodeBlock* copy_node(Store& store, const NodeBlock& from);

// Leaf of the state hash: XXH3-128 of the canonical octets (dns::canonical_octets).
base::U128 leaf_hash(dns::NameView owner, const RrsetView& rrset);

struct NodeTraits {
  using Key = dns::NameView;
  static std::uint64_t hash(Key key, std::uint64_t seed) noexcept;
  static Key key(const NodeBlock& node) noexcept { return node.name(); }
  static bool equal(const NodeBlock& node, Key key) noexcept;
};

}  // namespace tidemark::dataset
