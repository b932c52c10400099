// The forms that need no server: memory and SQLite.
#pragma once

#include <atomic>

#include "core/log/memory_log.hpp"
#include "tests/conformance/log/form.hpp"
#include "tests/unit/topics/temporary_folder.hpp"
#include "topics/event_bell.hpp"
#include "topics/sqlite_file.hpp"
#include "topics/sqlite_log.hpp"

namespace tidemark::conformance {

class MemoryForm final : public Form {
 public:
  static std::string unavailable() { return {}; }

  std::unique_ptr<log::Log> connect() override { return std::make_unique<log::MemoryLog>(store_); }
  std::string fresh_topic() override { return "test" + std::to_string(++topics_) + ".changes"; }
  bool truncate(const std::string& topic, std::int64_t next) override {
    store_->truncate(topic, log::Offset{next});
    return true;
  }
  bool recreate(const std::string& topic) override {
    store_->recreate(topic);
    return true;
  }
  bool retain_from(const std::string& topic, std::int64_t first) override {
    store_->retain_from(topic, log::Offset{first});
    return true;
  }
  bool append_unknown(log::Log&, log::Sink& sink, const std::string& topic,
                      log::Draft draft) override {
    store_->fail_next_append(topic, log::AppendFault::UnknownWritten);
    return sink.append(log::Ticket{1}, std::move(draft)).has_value();
  }
  std::string url() const override { return {}; }
  bool batches_are_atomic() const override { return true; }

 private:
  std::shared_ptr<std::int64_t> now_ = std::make_shared<std::int64_t>(1'000'000);
  std::shared_ptr<log::MemoryStore> store_ =
      std::make_shared<log::MemoryStore>(log::MemoryStoreSettings{
          .identity = "memory",
          // A clock that goes back every other time: the log's own time must not.
          .now = [now = now_] { return log::AppendTime{++*now % 2 == 0 ? *now : *now - 500}; },
          .make_bell = &topics::make_event_bell});
  int topics_ = 0;
};

class SqliteForm : public Form {
 public:
  static std::string unavailable() { return {}; }

  std::unique_ptr<log::Log> connect() override { return *topics::SqliteLog::open(path_, clock()); }
  std::string fresh_topic() override { return "test" + std::to_string(++topics_) + ".changes"; }
  // By hand, as nothing in Tidemark can do it: records vanish, the positions are given out again.
  bool truncate(const std::string& topic, std::int64_t next) override {
    auto file = *topics::SqliteFile::open(path_, topics::SqliteFile::Mode::Existing);
    const std::string table = "record_" + std::to_string(id(file, topic));
    return file
        .run("BEGIN IMMEDIATE; DELETE FROM " + table + " WHERE position >= " +
             std::to_string(next) + "; UPDATE topic SET next_position=" + std::to_string(next) +
             " WHERE name='" + topic + "'; COMMIT")
        .has_value();
  }
  bool recreate(const std::string& topic) override {
    auto file = *topics::SqliteFile::open(path_, topics::SqliteFile::Mode::Existing);
    const std::string table = "record_" + std::to_string(id(file, topic));
    const bool dropped = file.run("BEGIN IMMEDIATE; DROP TABLE " + table +
                                  "; DELETE FROM topic WHERE name='" + topic + "'; COMMIT")
                             .has_value();
    log::TopicSettings settings;
    settings.name = topic;
    return dropped && connect()->create({settings}).has_value();
  }
  bool retain_from(const std::string& topic, std::int64_t first) override {
    auto file = *topics::SqliteFile::open(path_, topics::SqliteFile::Mode::Existing);
    const std::string table = "record_" + std::to_string(id(file, topic));
    const std::string at = std::to_string(first);
    return file
        .run("BEGIN IMMEDIATE; DELETE FROM " + table + " WHERE position < " + at +
             "; UPDATE topic SET start_position=" + at + " WHERE name='" + topic + "'; COMMIT")
        .has_value();
  }
  bool append_unknown(log::Log&, log::Sink&, const std::string&, log::Draft) override {
    return false;
  }
  std::string url() const override { return "sqlite:" + path_; }
  bool batches_are_atomic() const override { return true; }

 protected:
  virtual topics::MachineClock clock() { return topics::machine_clock(); }

 private:
  static std::int64_t id(topics::SqliteFile& file, const std::string& topic) {
    return *file.number("SELECT id FROM topic WHERE name='" + topic + "'");
  }
  topics::TemporaryFolder folder_;
  std::string path_ = folder_.file("tidemark.log");
  int topics_ = 0;
};

// On a machine whose wall clock is set a day forth or back at each look.
class RestlessSqliteForm final : public SqliteForm {
 protected:
  topics::MachineClock clock() override {
    return [look = looks_] {
      const std::int64_t now = ++*look;
      return topics::MachineTime{"boot", now, 1'700'000'000'000 + now + now % 3 * 86'400'000};
    };
  }

 private:
  std::shared_ptr<std::atomic<std::int64_t>> looks_ =
      std::make_shared<std::atomic<std::int64_t>>(1000);
};

}  // namespace tidemark::conformance
