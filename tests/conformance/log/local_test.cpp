// The conformance suite over the forms that need no server.
#include <gtest/gtest.h>

#include "tests/conformance/log/local_forms.hpp"
#include "tests/conformance/log/suite_faults.hpp"

namespace tidemark::conformance {

INSTANTIATE_TYPED_TEST_SUITE_P(Memory, LogConformance, MemoryForm);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, LogConformance, SqliteForm);
INSTANTIATE_TYPED_TEST_SUITE_P(SqliteWithARestlessClock, LogConformance, RestlessSqliteForm);

}  // namespace tidemark::conformance
