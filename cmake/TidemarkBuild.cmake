# How everything is compiled: standard, warnings, and what makes builds quick. The flags that differ
# between presets stand whole in CMakePresets.json as CMAKE_CXX_FLAGS, and CMAKE_BUILD_TYPE stays
# empty: CMAKE_CXX_FLAGS_DEBUG and its like come later on the command line and would win.
option(TIDEMARK_WERROR "Warnings are errors" OFF)

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_VERIFY_INTERFACE_HEADER_SETS ON)  # each header compiles alone: test header-self-check
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CXX_FLAGS)
  set(CMAKE_CXX_FLAGS "-O1 -g1")  # configured without a preset
endif()

add_library(tidemark_warnings INTERFACE)
target_compile_options(tidemark_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion $<$<BOOL:${TIDEMARK_WERROR}>:-Werror>
  # g++ 12 sees strings inside std::expected written past their end where they are moved (its bugs
  # 105329 and 105651); the sanitizer builds look at the same code and find nothing.
  $<$<CXX_COMPILER_ID:GNU>:-Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread
  -Wno-restrict -Wno-maybe-uninitialized>)

# ccache behind a script of its own name: so its settings hold however the build is started (ninja,
# an IDE, ctest), and clang-tidy still sees through the launcher. Without the sloppiness it caches
# no file that uses a precompiled header; thanks to the other two, build folders and checkouts share
# results.
find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(launcher "${PROJECT_BINARY_DIR}/launch/ccache")
  file(CONFIGURE OUTPUT "${launcher}" @ONLY CONTENT [[
#!/bin/sh
export CCACHE_SLOPPINESS=pch_defines,time_macros
export CCACHE_NOHASHDIR=1 CCACHE_BASEDIR='@PROJECT_SOURCE_DIR@'
exec '@CCACHE@' "$@"
]])
  file(CHMOD "${launcher}" PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE
       GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${launcher}")
endif()

find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()

# The standard headers that nearly every file includes, compiled once.
set(TIDEMARK_EMPTY_SOURCE "${PROJECT_BINARY_DIR}/empty.cpp")  # also for libraries of headers only
file(CONFIGURE OUTPUT "${TIDEMARK_EMPTY_SOURCE}" CONTENT "")
add_library(tidemark_pch OBJECT "${TIDEMARK_EMPTY_SOURCE}")
target_link_libraries(tidemark_pch PRIVATE tidemark_warnings)
target_precompile_headers(tidemark_pch PRIVATE
  <algorithm> <array> <cstdint> <cstring> <expected> <functional> <map> <memory> <optional> <span>
  <string> <string_view> <unordered_map> <utility> <variant> <vector>)
