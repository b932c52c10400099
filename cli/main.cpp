#include "cli/tidemark.hpp"

int main(int argc, char** argv) {
  return static_cast<int>(tidemark::cli::run_tidemark(argc, argv));
}
