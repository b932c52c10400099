// The whole of tidemark-edge but its main(): a test can link it with a hook of its own.
#pragma once

#include <functional>
#include <string>

#include "core/dataset/dataset.hpp"

namespace tidemark::edge {

using AboutToServe = std::function<void(const dataset::Dataset&)>;  // EdgeNode::Tell

// Gives the exit code.
int run_edge(int argc, char** argv, const std::string& version, AboutToServe about_to_serve = {});

}  // namespace tidemark::edge
