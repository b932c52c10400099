// Reads: the responders of GET, pure functions over what the controller knows.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "consumer/feeder/feeder.hpp"
#include "core/dataset/dataset.hpp"
#include "core/fold/ledger.hpp"
#include "core/health/observations.hpp"
#include "net/http.hpp"
#include "producer/api/api_error.hpp"
#include "producer/api/fleet_view.hpp"
#include "producer/api/history_keeper.hpp"
#include "producer/publish/outbox.hpp"

namespace tidemark::producer {

using Answered = std::expected<net::HttpResponse, ApiError>;

struct ControllerStatus {
  std::string name;
  std::string dataset;
  std::uint64_t author_epoch = 0;
  bool publishing_in_trouble = false;
};
net::HttpResponse read_status(const ControllerStatus& controller,
                              const consumer::FeederStatus& feeder,
                              const consumer::ControlView& control, const Outbox& outbox);
net::HttpResponse read_zones(const dataset::Dataset& dataset);
Answered read_zone(const dataset::Dataset& dataset, std::string_view zone,
                   const net::HttpRequest& request);
Answered read_rrset(const dataset::Dataset& dataset, std::string_view zone, std::string_view owner,
                    std::string_view type);
net::HttpResponse read_pools(const dataset::Dataset& dataset);
Answered read_pool(const dataset::Dataset& dataset, std::string_view pool);
net::HttpResponse read_cookies(const dataset::Dataset& dataset);
net::HttpResponse read_health(const dataset::Dataset& dataset,
                              const health::Observations& observations, std::int64_t health_offset);
net::HttpResponse read_fleet(const FleetView& fleet, const consumer::Feeder& feeder);
Answered read_change(const HistoryKeeper& history, const Outbox& outbox, const fold::Ledger& ledger,
                     std::string_view id);

// The name of a zone in a path or a filter: never empty, never a pattern.
std::expected<dns::Name, ApiError> zone_name_from(std::string_view text);

}  // namespace tidemark::producer
