// Records as people read them: lines for a terminal, JSON for tools. For `tidemark log show`.
//
// Printed from our own values after a full decode, never by reflection over strangers' bytes.
// RDATA that is not canonical (the fold will reject it) is shown as \# LENGTH HEX.
//
// JSON is one object on one line: "kind" first, names as absolute text, ids and hashes as 32
// hexadecimal digits, times as RFC 3339 in UTC, absent optional fields as null.
#pragma once

#include <optional>
#include <string>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"
#include "core/event/change_set.hpp"
#include "core/event/control.hpp"
#include "core/event/health_frame.hpp"
#include "core/event/node_report.hpp"

namespace tidemark::schemas {

std::string to_text(const event::ChangeSet& change);  // each ends in a line end
std::string to_text(const event::HealthFrame& frame);
std::string to_text(const event::ControlRecord& control);
std::string to_text(const event::NodeReport& report);

std::string to_json(const event::ChangeSet& change);
std::string to_json(const event::HealthFrame& frame);
std::string to_json(const event::ControlRecord& control);
std::string to_json(const event::NodeReport& report);

enum class RecordKind { ChangeSet, HealthFrame, Control, NodeReport };
// By the file identifier alone; nothing if it is none of ours.
std::optional<RecordKind> kind_of(base::ByteView record) noexcept;

enum class Rendering { Text, Json };
// Decodes a record of any kind and renders it.
[[nodiscard]] base::Result<std::string> render(base::ByteView record, Rendering rendering);

}  // namespace tidemark::schemas
