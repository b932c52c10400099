#include "producer/publish/sent_memory.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "schemas/codec.hpp"

namespace tidemark::producer {

namespace {

constexpr std::string_view schema = R"(
PRAGMA journal_mode=WAL;
PRAGMA synchronous=NORMAL;
CREATE TABLE IF NOT EXISTS sent(
  position INTEGER PRIMARY KEY, chain BLOB NOT NULL, record BLOB NOT NULL) STRICT;
)";

void remove_file(const std::string& path) {
  for (const char* suffix : {"", "-wal", "-shm"}) (void)std::remove((path + suffix).c_str());
}

}  // namespace

base::Result<SentMemory> SentMemory::open(const std::string& path) {
  for (bool again = false;; again = true) {
    SentMemory memory;
    auto opened = [&]() -> base::Result<void> {
      TIDEMARK_TRY(memory.file_, topics::SqliteFile::open(path, topics::SqliteFile::Mode::Create));
      TIDEMARK_TRY_VOID(memory.file_->run(std::string(schema)));
      return memory.load();
    }();
    if (opened) return memory;
    if (again || opened.error().code != base::Errc::Invalid) {
      return std::unexpected(std::move(opened).error().at(path));
    }
    memory.file_.reset();
    remove_file(path);
  }
}

base::Result<void> SentMemory::load() {
  TIDEMARK_TRY(auto rows,
               file_->prepare("SELECT position, chain, record FROM sent ORDER BY position"));
  for (;;) {
    TIDEMARK_TRY(const bool there, rows.step());
    if (!there) break;
    const base::Bytes chain = rows.blob(1), record = rows.blob(2);
    TIDEMARK_TRY(auto change, schemas::decode_change_set(record));
    SentChange sent{rows.number(0), {}, std::move(change), record.size()};
    if (chain.size() != sent.chain.size()) {
      return base::fail(base::Errc::Invalid, "a chain is not 32 octets");
    }
    std::ranges::copy(chain, sent.chain.begin());
    written_ = sent.offset;
    octets_ += sent.octets;
    all_.push_back(std::move(sent));
  }
  return {};
}

void SentMemory::add(SentChange sent) {
  if (!all_.empty() && sent.offset <= all_.back().offset) clear();
  octets_ += sent.octets;
  all_.push_back(std::move(sent));
  while (all_.size() > sent_changes_max || octets_ > sent_octets_max) {
    octets_ -= all_.front().octets;
    all_.pop_front();
  }
}

void SentMemory::clear() {
  all_.clear();
  octets_ = 0;
  written_ = -1;
  rewrite_ = true;
}

void SentMemory::forget_behind(std::int64_t offset) {
  while (!all_.empty() && all_.back().offset > offset) {
    octets_ -= all_.back().octets;
    all_.pop_back();
  }
  written_ = -1;
  rewrite_ = true;
}

base::Result<void> SentMemory::commit() {
  const bool nothing = !rewrite_ && (all_.empty() || all_.back().offset == written_);
  if (!file_ || nothing) return {};
  auto done = write();
  if (!done) return std::unexpected(std::move(done).error().at("what was sent"));
  return done;
}

base::Result<void> SentMemory::write() {
  TIDEMARK_TRY(auto transaction, topics::SqliteTransaction::begin(*file_));
  if (rewrite_) TIDEMARK_TRY_VOID(file_->run("DELETE FROM sent"));
  {
    TIDEMARK_TRY(auto insert, file_->prepare("INSERT OR REPLACE INTO sent(position, chain, record) "
                                             "VALUES(?1, ?2, ?3)"));
    const auto first = std::ranges::upper_bound(all_, written_, {}, &SentChange::offset);
    for (auto one = first; one != all_.end(); ++one) {
      insert.bind(1, one->offset);
      insert.bind(2, base::ByteView(one->chain));
      insert.bind(3, base::ByteView(schemas::encode(one->change)));
      TIDEMARK_TRY_VOID(insert.run());
    }
    TIDEMARK_TRY(auto old, file_->prepare("DELETE FROM sent WHERE position<?1"));
    old.bind(1, all_.empty() ? std::int64_t{0} : all_.front().offset);
    TIDEMARK_TRY_VOID(old.run());
  }
  TIDEMARK_TRY_VOID(transaction.commit());
  rewrite_ = false;
  if (!all_.empty()) written_ = all_.back().offset;
  return {};
}

}  // namespace tidemark::producer
