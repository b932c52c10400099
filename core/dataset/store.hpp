// Store: owns every object of a family of Datasets with one linear history, and knows when an
// object can go.
//
// There is one writer and no fork: each generation is edited from the newest one. So no object
// needs a reference count: it carries the generation of its birth, and the generation that replaced
// it notes its death. When a generation is no longer leased, the objects that only it could see are
// freed: with P the next older live generation and N the next newer,
//   what died in N and was born after P is freed; what died in the dropped one is noted in N.
//
// Invariants  An object is never modified after the generation of its birth is finished.
//             The newest generation is always alive.
// Threads     Everything by the one writer, except the release of a lease (last Dataset copy of a
//             generation): any thread; the writer collects those in collect().
// Cost        allocate/retire: O(1). Dropping a generation: O(what it alone could see).
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <unordered_set>
#include <vector>

#include "core/dataset/arena.hpp"

namespace tidemark::dataset {

using Generation = std::uint32_t;

struct Object {  // in front of everything that a Store owns
  Generation birth;
  std::uint32_t octets;  // as allocated, this header included
};

// An Object with something outside the arena that must be destroyed with it.
struct Cell : Object {
  void (*destroy)(const void*);
  const void* content;
};

class Store {
 public:
  Store() = default;
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  ~Store();

  // An edit: begin, then allocate and retire, then commit or abandon. One at a time.
  Generation begin();
  void commit();
  void abandon();
  Generation generation() const noexcept { return newest_; }

  template <class T>
  T* allocate(std::size_t octets) {
    return static_cast<T*>(static_cast<void*>(allocate_object(octets)));
  }
  Cell* allocate_cell(void (*destroy)(const void*), const void* content);
  // `object` is not part of the generation that is being made.
  void retire(Object* object);
  bool is_fresh(const Object* object) const noexcept { return object->birth == editing_; }

  // A generation lives until release() was called for it and a newer one exists.
  void release(Generation generation) noexcept;  // any thread
  void collect();                                // frees what the releases made unreachable

  std::size_t octets_in_use() const noexcept { return arena_.octets_in_use(); }
  std::size_t octets_reserved() const noexcept { return arena_.octets_reserved(); }
  // What the newest generation no longer needs, and an older one that lives does.
  std::size_t octets_superseded() const noexcept { return octets_superseded_; }
  std::size_t live_generations() const noexcept { return deaths_.size(); }

 private:
  struct Released {
    Generation generation;
    Released* next;
  };
  Object* allocate_object(std::size_t octets);
  void free_object(Object* object);
  void drop(Generation generation);

  Arena arena_;
  Generation newest_ = 0;
  Generation editing_ = 0;  // 0: no edit is open
  bool in_edit_ = false;
  std::vector<Object*> births_, dying_;                         // of the open edit
  std::map<Generation, std::vector<Object*>> deaths_{{0, {}}};  // of every live generation
  std::unordered_set<Cell*> cells_;
  std::size_t octets_superseded_ = 0;  // of all that deaths_ names
  std::vector<Generation> pending_;    // released while they were the newest
  std::atomic<Released*> released_{nullptr};
};

}  // namespace tidemark::dataset
