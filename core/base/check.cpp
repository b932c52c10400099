#include "core/base/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace tidemark::base {

void check_failed(const char* condition, const char* sentence, const char* file,
                  int line) noexcept {
  std::fprintf(stderr, "tidemark: broken invariant: %s (%s) at %s:%d\n", sentence, condition, file,
               line);
  std::abort();
}

}  // namespace tidemark::base
