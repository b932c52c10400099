// Strong<Tag, T>: one type for each kind of id or quantity.
//
// It is not arithmetic: no default value, no mixing of tags, the raw value only by value().
#pragma once

#include <compare>
#include <utility>

namespace tidemark::base {

template <class Tag, class T>
class Strong {
 public:
  constexpr explicit Strong(T value) : value_(std::move(value)) {}
  constexpr const T& value() const noexcept { return value_; }
  friend constexpr auto operator<=>(const Strong&, const Strong&) = default;

 private:
  T value_;
};

}  // namespace tidemark::base
