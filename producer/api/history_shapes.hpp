// The past as JSON (docs/http-api.md, "The past").
#pragma once

#include <string>
#include <vector>

#include "consumer/history/history.hpp"
#include "core/event/pool.hpp"

namespace boost::json {
class array;
class object;
}  // namespace boost::json

namespace tidemark::producer {

boost::json::object to_json(const consumer::PastChange& change);
boost::json::object outline_json(const consumer::PastChange& change);  // who, when, why
boost::json::object to_json(const consumer::Difference& difference);
std::string place_text(const consumer::Difference& difference);  // "zone/owner/TYPE"
// Pools and overrides that differ, each as a line before and after.
boost::json::array pool_differences(const std::vector<event::PoolEdit>& before,
                                    const std::vector<event::PoolEdit>& after);

}  // namespace tidemark::producer
