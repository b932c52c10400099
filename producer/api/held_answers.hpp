// What the HeldDesk answers, as functions of plain values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/event/change_set.hpp"
#include "core/event/control.hpp"
#include "net/http.hpp"
#include "producer/api/api_error.hpp"
#include "producer/api/desk_answers.hpp"
#include "producer/api/held_reads.hpp"

namespace tidemark::producer {

// At most so many octets, and no half of a character.
std::string shortened(std::string text, std::size_t octets_max);

std::string proposed_body(const event::Proposal& held, const event::ChangeSet& change,
                          const Diff& diff, const std::vector<std::string>& warnings);
constexpr unsigned proposed_status = 201;
net::HttpResponse proposed_response(const event::Proposal& held, const std::string& body);
// What the Desk said of the change, with what became of its Proposal.
net::HttpResponse with_held(net::HttpResponse response, const event::Proposal& held);
net::HttpResponse approved_before_response(const event::Proposal& held, const Attempt& attempt,
                                           std::uint64_t seq);
net::HttpResponse rejected_response(const event::Proposal& held);
// Somebody decided otherwise, or earlier.
ApiError closed_error(const event::Proposal& held);

}  // namespace tidemark::producer
