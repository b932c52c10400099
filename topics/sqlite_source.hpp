// Tails one topic of a SQLite log. Internal to topics/: made by SqliteLog::source().
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "core/log/log.hpp"

namespace tidemark::topics {

base::Result<std::unique_ptr<log::Source>> open_sqlite_source(const std::string& path,
                                                              std::string_view topic);

}  // namespace tidemark::topics
