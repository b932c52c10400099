// Appends to one topic of a SQLite log. Internal to topics/: made by SqliteLog::sink().
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "core/log/log.hpp"
#include "topics/log_time.hpp"

namespace tidemark::topics {

base::Result<std::unique_ptr<log::Sink>> open_sqlite_sink(const std::string& path,
                                                          std::string_view topic,
                                                          MachineClock clock);

}  // namespace tidemark::topics
