#include "core/dataset/store.hpp"

#include <utility>

#include "core/base/check.hpp"

namespace tidemark::dataset {

namespace {

// In Object::octets, above any real size.
constexpr std::uint32_t cell_mark = 0x80000000u;  // it is a Cell
constexpr std::uint32_t gone_mark = 0x40000000u;  // born and retired within the open edit

std::size_t octets_of(const Object& object) { return object.octets & ~(cell_mark | gone_mark); }

}  // namespace

Store::~Store() {
  for (Cell* cell : cells_) cell->destroy(cell->content);
  for (Released* one = released_.load(); one != nullptr;) delete std::exchange(one, one->next);
}

Generation Store::begin() {
  TIDEMARK_CHECK(!in_edit_, "one edit of a Store at a time");
  collect();
  in_edit_ = true;
  editing_ = newest_ + 1;
  return editing_;
}

void Store::commit() {
  TIDEMARK_CHECK(in_edit_, "only an open edit can be committed");
  newest_ = editing_;
  for (Object* object : births_) {
    if ((object->octets & gone_mark) != 0) free_object(object);
  }
  births_.clear();
  for (const Object* object : dying_) octets_superseded_ += octets_of(*object);
  deaths_.emplace(newest_, std::move(dying_));
  dying_ = {};
  in_edit_ = false;
  editing_ = 0;
}

void Store::abandon() {
  TIDEMARK_CHECK(in_edit_, "only an open edit can be abandoned");
  for (Object* object : births_) free_object(object);
  births_.clear();
  dying_.clear();
  in_edit_ = false;
  editing_ = 0;
}

Object* Store::allocate_object(std::size_t octets) {
  TIDEMARK_CHECK(in_edit_, "objects are made by an open edit only");
  auto* object = static_cast<Object*>(arena_.allocate(octets));
  object->birth = editing_;
  object->octets = static_cast<std::uint32_t>(octets);
  births_.push_back(object);
  return object;
}

Cell* Store::allocate_cell(void (*destroy)(const void*), const void* content) {
  auto* cell = static_cast<Cell*>(allocate_object(sizeof(Cell)));
  cell->octets |= cell_mark;
  cell->destroy = destroy;
  cell->content = content;
  cells_.insert(cell);
  return cell;
}

void Store::retire(Object* object) {
  if (!is_fresh(object)) {
    dying_.push_back(object);
    return;
  }
  object->octets |= gone_mark;  // freed when the edit ends: births_ still names it
}

void Store::free_object(Object* object) {
  if ((object->octets & cell_mark) != 0) {
    auto* cell = static_cast<Cell*>(object);
    cells_.erase(cell);
    cell->destroy(cell->content);
  }
  arena_.release(object, octets_of(*object));
}

void Store::release(Generation generation) noexcept {
  auto* one = new Released{generation, released_.load(std::memory_order_relaxed)};
  while (!released_.compare_exchange_weak(one->next, one, std::memory_order_release,
                                          std::memory_order_relaxed)) {
  }
}

void Store::collect() {
  Released* one = released_.exchange(nullptr, std::memory_order_acquire);
  while (one != nullptr) {
    pending_.push_back(one->generation);
    delete std::exchange(one, one->next);
  }
  std::erase_if(pending_, [this](Generation generation) {
    if (generation == newest_) return false;  // the next edit starts from it
    drop(generation);
    return true;
  });
}

void Store::drop(Generation generation) {
  const auto dropped = deaths_.find(generation);
  TIDEMARK_CHECK(dropped != deaths_.end(), "a generation is released once");
  const auto newer = std::next(dropped);
  TIDEMARK_CHECK(newer != deaths_.end(), "the newest generation is never dropped");
  const bool has_older = dropped != deaths_.begin();
  const Generation older = has_older ? std::prev(dropped)->first : 0;
  std::vector<Object*> kept = std::move(dropped->second);
  for (Object* object : newer->second) {
    if (has_older && object->birth <= older) {
      kept.push_back(object);
    } else {
      octets_superseded_ -= octets_of(*object);
      free_object(object);
    }
  }
  newer->second = std::move(kept);
  deaths_.erase(dropped);
}

}  // namespace tidemark::dataset
