// Envelope: a ChangeSet as a Draft for the log: its key, and the headers that people read in Kafka
// tools (CloudEvents, binary mode). The fold reads neither.
#pragma once

#include <string>
#include <string_view>

#include "core/event/change_set.hpp"
#include "core/log/record.hpp"

namespace tidemark::producer {

// `source` is "/tidemark/<dataset>/<controller>".
log::Draft envelope(std::string_view source, const event::ChangeSet& change, base::Bytes record);

// "example.org.: put 2, delete 1", "pool web"; one line, at most 200 octets.
std::string summary_of(const event::ChangeSet& change);

}  // namespace tidemark::producer
