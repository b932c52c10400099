// Pools: named sets of endpoints of which health chooses. And the operator's overrides of health.
//
// A name of a zone answers from a pool by an RRset of the private type POOL (TYPE65400) whose RDATA
// is the pool's name. Vocabulary: octoDNS's dynamic records (values, weight, status).
//
// Invariants  At most 64 endpoints: one bit each in a mask. Endpoint ids are unique in a pool.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace tidemark::event {

constexpr std::size_t pool_endpoints_max = 64;
constexpr std::size_t pool_name_octets_max = 63;    // [a-z0-9._-]
constexpr std::size_t endpoint_id_octets_max = 63;  // [a-z0-9._-]
constexpr std::size_t pools_max = 1'000'000;

struct Address {  // of IPv4: the first 4 octets
  enum class Family : std::uint8_t { V4 = 4, V6 = 6 } family;
  std::array<std::uint8_t, 16> octets{};
  friend bool operator==(const Address&, const Address&) = default;
};

enum class EndpointStatus : std::uint8_t { Obey = 0, Up = 1, Down = 2 };  // Obey: health decides

struct Endpoint {
  std::string id;
  Address address;
  std::uint8_t weight = 1;  // 0: drained, never answered except by the all-down policy
  EndpointStatus status = EndpointStatus::Obey;
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

enum class CheckKind : std::uint8_t { None = 0, Tcp = 1, Http = 2, Https = 3 };

struct Check {  // what probers do, for each endpoint alike
  CheckKind kind = CheckKind::None;
  std::uint16_t port = 0;
  std::string path = "/";          // Http, Https
  std::string host;                // Host header and TLS server name; empty: the address
  std::uint16_t status_low = 200;  // expected status, inclusive range
  std::uint16_t status_high = 399;
  bool verify_tls = false;
  std::uint32_t interval_ms = 2000;
  std::uint32_t timeout_ms = 1000;
  std::uint8_t rise = 2;  // successes in a row until up
  std::uint8_t fall = 3;  // failures in a row until down
  friend bool operator==(const Check&, const Check&) = default;
};

enum class AllDown : std::uint8_t {
  AnswerAll = 0,    // as if all were up: a checker that sees nothing up is usually broken
  LastHealthy = 1,  // the set that was up last
  ServFail = 2,
};

struct Pool {
  std::string name;
  std::vector<Endpoint> endpoints;
  Check check;
  AllDown all_down = AllDown::AnswerAll;
  std::uint8_t floor = 1;   // health alone never leaves fewer than this
  std::uint8_t quorum = 0;  // vantage points that must agree; 0: majority of the fresh
  std::uint32_t stale_after_ms = 10'000;  // of log time; an older observation says nothing
  friend bool operator==(const Pool&, const Pool&) = default;
};

enum class OverrideState : std::uint8_t { Up = 1, Down = 2, Drain = 3 };

struct Override {
  std::string pool;
  std::string endpoint;
  OverrideState state;
  std::uint64_t until_ms = 0;  // log time at which it ends; 0: until it is cleared
  std::string reason;
  friend bool operator==(const Override&, const Override&) = default;
};

struct PutPool {
  Pool pool;
  friend bool operator==(const PutPool&, const PutPool&) = default;
};
struct DeletePool {
  std::string pool;
  friend bool operator==(const DeletePool&, const DeletePool&) = default;
};
struct PutOverride {
  Override override_;
  friend bool operator==(const PutOverride&, const PutOverride&) = default;
};
struct DeleteOverride {
  std::string pool;
  std::string endpoint;
  friend bool operator==(const DeleteOverride&, const DeleteOverride&) = default;
};
using PoolEdit = std::variant<PutPool, DeletePool, PutOverride, DeleteOverride>;

}  // namespace tidemark::event
