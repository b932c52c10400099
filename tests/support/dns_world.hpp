// DnsWorld: a Snapshot made from master files and pools, and questions put to it in process.
//
// It goes round the fold (zones are put in with an Editor), so a test may hold what the fold would
// refuse. Questions are whole messages, answers are read back with dns::read_message.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "consumer/snapshot/snapshot.hpp"
#include "core/dataset/dataset.hpp"
#include "core/dns/message.hpp"
#include "core/event/pool.hpp"
#include "core/health/observations.hpp"

namespace tidemark::support {

class DnsWorld {
 public:
  DnsWorld();
  // Puts the zone in, or in the place of an older one; TIDEMARK_CHECKs that the text is sound.
  DnsWorld& zone(std::string_view master_file);
  DnsWorld& pool(const event::Pool& pool);
  DnsWorld& settings(std::string_view zone, const dataset::ZoneSettings& settings);
  // One vantage point says so of "pool/endpoint", for good.
  DnsWorld& down(std::string_view pool, std::string_view endpoint);

  const dataset::Dataset& dataset() const noexcept { return dataset_; }
  consumer::Snapshot snapshot() const;

 private:
  dataset::Dataset dataset_;
  health::Observations observations_;
  std::int64_t frames_ = 0;
};

event::Endpoint endpoint_v4(std::string id, std::array<std::uint8_t, 4> octets);
event::Endpoint endpoint_v6(std::string id, std::array<std::uint8_t, 16> octets);

struct Question {
  std::string name;  // presentation form; letter case is kept
  dns::RrType type = dns::RrType::A;
  dns::RrClass rr_class = dns::RrClass::In;
  std::uint16_t id = 0x1234;
  std::uint16_t flags = 0;
  std::optional<std::uint16_t> payload{};  // with an OPT iff set
  std::uint8_t edns_version = 0;
  std::uint16_t edns_flags = 0;
  std::vector<std::pair<std::uint16_t, base::Bytes>> options{};
};
base::Bytes to_wire(const Question& question);

// "www.example.org. 300 A 192.0.2.1": one line a record, OPT left out, in the order as sent.
std::vector<std::string> lines_of(const std::vector<dns::MessageRecord>& records);
// The value of an EDNS option of the response's OPT; nothing if it is not there.
std::optional<base::Bytes> option_of(const dns::Message& message, std::uint16_t code);
bool has_opt(const dns::Message& message);

}  // namespace tidemark::support
