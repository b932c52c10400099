// The codec between event values and the bytes of log records (FlatBuffers, schemas/*.fbs).
//
// decode() is where the bytes of strangers become sound values: size cap, aligned copy, file
// identifier, structure (verified before any read), amount of bytes read (4 x the record: offsets
// may be shared), then every length, enumerator and union member. Names must be canonical wire
// form. RDATA is carried as it is; core/fold judges it, and every other rule about content.
//
// Errors  Unsupported: the record says min_reader above ours; told before anything but size,
//         identifier and the place of that one field is judged, so that the fold halts instead of
//         skipping. Everything else that cannot be decoded is Invalid; the trail names field and
//         index ("change set: zones[2]: edits[7]: owner: w.example. is not in lower case").
// Cost    About 0.7 us an edit each way (88 octets), 2 us for the ChangeSet of one edit.
//
// encode() is deterministic: equal values give equal bytes. It does not judge: a value that breaks
// a limit of core/event encodes to a record that decode() refuses.
#pragma once

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"
#include "core/event/change_set.hpp"
#include "core/event/control.hpp"
#include "core/event/health_frame.hpp"
#include "core/event/node_report.hpp"

namespace tidemark::schemas {

// Of one text field of control records and node reports; of a whole such record.
constexpr std::size_t text_octets_max = 4096;
// A Proposal carries a whole ChangeSet.
constexpr std::size_t control_octets_max = event::change_set_octets_max + 64 * 1024;
constexpr std::size_t node_report_octets_max = 256 * 1024;
constexpr std::size_t urls_max = 64;  // of one SnapshotAnnounce

base::Bytes encode(const event::ChangeSet& change);
base::Bytes encode(const event::HealthFrame& frame);
base::Bytes encode(const event::ControlRecord& control);
base::Bytes encode(const event::NodeReport& report);

[[nodiscard]] base::Result<event::ChangeSet> decode_change_set(base::ByteView record);
[[nodiscard]] base::Result<event::HealthFrame> decode_health_frame(base::ByteView record);
[[nodiscard]] base::Result<event::ControlRecord> decode_control_record(base::ByteView record);
[[nodiscard]] base::Result<event::NodeReport> decode_node_report(base::ByteView record);

}  // namespace tidemark::schemas
