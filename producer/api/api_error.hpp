// ApiError: what an unsuccessful request is told. One form for all routes (docs/http-api.md), and
// always with an object and a remedy: to_response() fills in what its maker left out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/dns/master_file.hpp"
#include "core/fold/fold.hpp"
#include "net/http.hpp"
#include "producer/decide/problem.hpp"

namespace tidemark::producer {

struct ApiError {
  struct Detail {
    std::size_t line = 0;  // 0: not of a text
    std::size_t column = 0;
    std::string owner{};
    std::string type{};
    std::string rule{};
    std::string message{};
  };
  unsigned status;
  std::string code;
  std::string message;
  std::string object{};
  std::string remedy{};
  std::vector<Detail> details{};
  std::optional<std::uint64_t> acknowledge_removals{};
};

net::HttpResponse to_response(const ApiError& error);

ApiError bad_request(std::string message, std::string remedy = {});
ApiError not_found(std::string what, std::string object, std::string remedy = {});
ApiError invalid(std::string message, std::string object, std::string remedy = {});
ApiError unavailable(std::string message);

// Whether the client set a condition decides between 412 and 409.
enum class Condition : std::uint8_t { Ours, Clients };
ApiError from_problems(const Problems& problems, const std::string& object, Condition condition);
ApiError from_rejection(fold::Reason reason, const std::string& detail, const std::string& object,
                        Condition condition);
ApiError from_master_file(const dns::MasterFileErrors& errors, const std::string& object);

}  // namespace tidemark::producer
