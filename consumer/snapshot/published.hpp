// The one place where the feeder and the workers meet.
//
// Published<T> holds the newest immutable T. The feeder publishes; each worker owns one Reader and
// asks it once per batch. It is not a queue: a version that no worker looked at in time is never
// seen, and that is right. Reclamation is by quiescent states: a worker marks each batch border;
// a worker that sleeps is offline and holds nothing.
//
// Invariants  A published T is never modified. A Reader never goes back to an older publication.
//             A retired T lives until every online Reader has passed a batch border after its
//             retirement.
// Threads     publish(), reclaim(), passed(): feeder only. A Reader: the one worker that owns it.
// Owns        The newest T, and the retired ones that a Reader may still look at.
// Cost        current(): two loads, one store; no lock, no reference count. publish() never waits.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

namespace tidemark::consumer {

template <class T>
class Published {
  struct Seen;  // before its first use: clang asks for it

 public:
  Published(std::unique_ptr<const T> first, std::size_t readers)
      : seen_(readers), newest_(first.release()) {}
  Published(const Published&) = delete;
  Published& operator=(const Published&) = delete;
  ~Published() {
    delete newest_.load();
    for (const Retired& one : retired_) delete one.value;
  }

  void publish(std::unique_ptr<const T> next) {
    const T* old = newest_.exchange(next.release(), std::memory_order_seq_cst);
    const std::uint64_t count = count_.load(std::memory_order_relaxed) + 1;
    count_.store(count, std::memory_order_release);
    retired_.push_back({old, count});
    reclaim();
  }

  // Frees what every Reader has passed; returns how many stay retired.
  std::size_t reclaim() {
    const std::uint64_t passed_by_all = passed();
    std::size_t kept = 0;
    for (Retired& one : retired_) {
      if (one.retired_at <= passed_by_all) {
        delete one.value;
      } else {
        retired_[kept++] = one;
      }
    }
    retired_.resize(kept);
    return kept;
  }

  // The number of the publication that every online Reader has reached. Publications count from 0.
  std::uint64_t passed() const noexcept {
    std::uint64_t least = count_.load(std::memory_order_relaxed);
    for (const Seen& one : seen_) {
      const std::uint64_t count = one.count.load(std::memory_order_seq_cst);
      if (count != offline && count < least) least = count;
    }
    return least;
  }
  // Publisher only, until its next publish().
  const T& newest() const noexcept { return *newest_.load(std::memory_order_relaxed); }
  std::uint64_t publications() const noexcept { return count_.load(std::memory_order_relaxed); }

  class Reader {
   public:
    Reader(Published& source, std::size_t index) : source_(source), seen_(source.seen_[index]) {}
    // Valid until the next current() or go_offline() of this Reader: for one batch, not longer.
    const T& current() noexcept {
      const std::uint64_t count = source_.count_.load(std::memory_order_acquire);
      // Back from offline the store must come before the load of the pointer in the eyes of the
      // feeder too (all four accesses are sequentially consistent), else it could miss this Reader
      // and free what is about to be read.
      if (seen_.count.load(std::memory_order_relaxed) == offline) {
        seen_.count.exchange(count, std::memory_order_seq_cst);
      } else {
        seen_.count.store(count, std::memory_order_release);
      }
      return *source_.newest_.load(std::memory_order_seq_cst);
    }
    // Before sleeping: this Reader holds nothing until its next current().
    void go_offline() noexcept { seen_.count.store(offline, std::memory_order_release); }

   private:
    Published& source_;
    typename Published::Seen& seen_;
  };

 private:
  static constexpr std::uint64_t offline = std::numeric_limits<std::uint64_t>::max();
  struct alignas(128) Seen {  // two lines: the neighbour prefetcher must not couple workers
    std::atomic<std::uint64_t> count{offline};
  };
  struct Retired {
    const T* value;
    std::uint64_t retired_at;  // the publication that replaced it
  };
  std::vector<Seen> seen_;
  alignas(128) std::atomic<const T*> newest_;
  alignas(128) std::atomic<std::uint64_t> count_{0};
  std::vector<Retired> retired_;
};

}  // namespace tidemark::consumer
