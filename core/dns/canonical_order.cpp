#include "core/dns/canonical_order.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace tidemark::dns {

namespace {

// Labels from the right, each ended by a 0; one more 0 ends the name, so that a name stands before
// the names below it. Octets 0 and 1 inside a label become 1 1 and 1 2, above every end.
void append_key(std::string& out, const OwnerAndType& item) {
  const base::ByteView wire = item.owner.wire();
  std::array<std::uint8_t, labels_max> starts;
  std::size_t labels = 0;
  for (std::size_t at = 0; wire[at] != 0; at += wire[at] + std::size_t{1}) {
    starts[labels++] = static_cast<std::uint8_t>(at);
  }
  while (labels > 0) {
    const std::size_t start = starts[--labels];
    for (const std::uint8_t octet : wire.subspan(start + 1, wire[start])) {
      if (octet <= 1) out.push_back('\x01');
      out.push_back(static_cast<char>(octet <= 1 ? octet + 1 : octet));
    }
    out.push_back('\0');
  }
  const auto code = std::to_underlying(item.type);
  out.push_back('\0');
  out.push_back(static_cast<char>(code >> 8));
  out.push_back(static_cast<char>(code));
}

struct Sortable {
  std::uint64_t front;     // the first octets behind what all keys share
  std::size_t begin, end;  // of the key
  std::size_t index;
};

std::size_t shared_octets(std::string_view a, std::string_view b) noexcept {
  return static_cast<std::size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
}

std::uint64_t front_of(std::string_view key) noexcept {
  std::uint64_t front = 0;
  for (std::size_t i = 0; i < sizeof front; ++i) {
    front = front << 8 | (i < key.size() ? static_cast<std::uint8_t>(key[i]) : 0u);
  }
  return front;
}

}  // namespace

std::vector<std::size_t> canonical_order(std::span<const OwnerAndType> items) {
  std::string keys;
  std::vector<Sortable> order;
  order.reserve(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    const std::size_t begin = keys.size();
    append_key(keys, items[i]);
    order.push_back({0, begin, keys.size(), i});
  }
  const std::string_view all(keys);
  const auto key = [&](const Sortable& item) {
    return all.substr(item.begin, item.end - item.begin);
  };
  std::size_t shared = order.empty() ? 0 : key(order.front()).size();
  for (const Sortable& item : order) {
    shared = shared_octets(key(order.front()).substr(0, shared), key(item));
  }
  for (Sortable& item : order) item.front = front_of(key(item).substr(shared));
  std::ranges::sort(order, [&](const Sortable& a, const Sortable& b) {
    if (a.front != b.front) return a.front < b.front;
    const int difference = key(a).substr(shared).compare(key(b).substr(shared));
    return difference != 0 ? difference < 0 : a.index < b.index;
  });
  std::vector<std::size_t> indices;
  indices.reserve(order.size());
  for (const Sortable& item : order) indices.push_back(item.index);
  return indices;
}

}  // namespace tidemark::dns
