// The inside of Api: what each route asks for.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "producer/api/api.hpp"

namespace tidemark::producer {

enum class Api::Action : std::uint8_t {
  GetStatus,
  GetZones,
  GetZone,
  PutZone,
  PatchZone,
  DeleteZone,
  GetRrset,
  PutRrset,
  DeleteRrset,
  GetChange,
  GetPools,
  GetPool,
  PutPool,
  DeletePool,
  PutOverride,
  DeleteOverride,
  GetCookies,
  StepCookies,
  GetHealth,
  GetFleet,
  GetProof,
  GetPast,
  GetProgress,
  GetEvents,
  GetRollout,
  OrderRollout,
  Snapshots,
  GetPins,
  PutPin,
  DeletePin,
  GetRollback,
  RollbackZone,
  GetHeld,
  GetOneHeld,
  ApproveHeld,
  RejectHeld,
};

// A segment "{}" is a parameter.
struct Api::Route {
  std::string_view method;
  std::vector<std::string_view> path;
  Action action;
};
struct Api::Match {
  Action action;
  std::vector<std::string> parameters;
};

}  // namespace tidemark::producer
