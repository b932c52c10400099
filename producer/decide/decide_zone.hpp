// The zone half of decide(), one function a wish. Callers want decide.hpp.
#pragma once

#include <expected>

#include "producer/decide/decide.hpp"

namespace tidemark::producer {

std::expected<Plan, Problems> decide_replace(const Base& base, const ReplaceZone& wish,
                                             const Signature& signature);
std::expected<Plan, Problems> decide_edit(const Base& base, const EditZone& wish,
                                          const Signature& signature);
std::expected<Plan, Problems> decide_remove(const Base& base, const RemoveZone& wish,
                                            const Signature& signature);

// What every ChangeSet of this Signature has in common.
event::ChangeSet signed_change(const Signature& signature);

}  // namespace tidemark::producer
