// tidemark-edge: authoritative DNS from one node of the fleet.
#include "dns-edge/app/edge_program.hpp"

int main(int argc, char** argv) { return tidemark::edge::run_edge(argc, argv, TIDEMARK_VERSION); }
