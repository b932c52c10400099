// `tidemark`: one tool for people. It makes the commands and runs one of them.
#pragma once

#include "cli/outcome.hpp"

namespace tidemark::cli {

Exit run_tidemark(int argc, const char* const* argv);

}  // namespace tidemark::cli
