// A change_id that nobody else has.
#pragma once

#include "core/event/change_set.hpp"

namespace tidemark::cli {

event::ChangeId random_change_id();

}  // namespace tidemark::cli
