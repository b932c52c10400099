#include "core/dataset/arena.hpp"

#include <new>

namespace tidemark::dataset {

Arena::~Arena() {
  for (std::byte* extent : small_extents_) ::operator delete(extent, std::align_val_t{64});
}

void Arena::add_extent() {
  if (small_extents_.size() < small_extents_max) {
    next_ = static_cast<std::byte*>(::operator new(small_extent_octets, std::align_val_t{64}));
    left_ = small_extent_octets;
    small_extents_.push_back(next_);
  } else {
    next_ = extents_.emplace_back(base::huge_page_octets).begin();
    left_ = base::huge_page_octets;
  }
  reserved_ += left_;
}

std::size_t Arena::class_of(std::size_t octets) noexcept {
  if (octets <= small_max) return (octets + small_step - 1) / small_step;
  return small_max / small_step + (octets - small_max + step - 1) / step;
}

std::size_t Arena::class_octets(std::size_t size_class) noexcept {
  constexpr std::size_t small_classes = small_max / small_step;
  if (size_class <= small_classes) return size_class * small_step;
  return small_max + (size_class - small_classes) * step;
}

void* Arena::allocate(std::size_t octets) {
  if (octets > octets_max) {
    auto block = std::make_unique<std::byte[]>(octets);
    void* object = block.get();
    large_.emplace(object, std::move(block));
    in_use_ += octets;
    reserved_ += octets;
    return object;
  }
  const std::size_t size_class = class_of(octets);
  const std::size_t rounded = class_octets(size_class);
  in_use_ += rounded;
  if (Free* reused = free_[size_class]) {
    free_[size_class] = reused->next;
    return reused;
  }
  if (left_ < rounded) add_extent();  // what is left of the old one is lost: 4.5 KiB at most
  std::byte* object = next_;
  next_ += rounded;
  left_ -= rounded;
  return object;
}

void Arena::release(void* object, std::size_t octets) noexcept {
  if (octets > octets_max) {
    large_.erase(object);
    in_use_ -= octets;
    reserved_ -= octets;
    return;
  }
  const std::size_t size_class = class_of(octets);
  in_use_ -= class_octets(size_class);
  free_[size_class] = new (object) Free{free_[size_class]};
}

}  // namespace tidemark::dataset
