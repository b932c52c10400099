# Every foreign library, under the name that USES and SHOWS take. Which folder may include which of
# them is written in scripts/check_layers.py; which package brings it, in scripts/packages.txt.
#
#   PkgConfig::rdkafka PkgConfig::xxhash PkgConfig::maxminddb SQLite::SQLite3 OpenSSL::Crypto
#   OpenSSL::SSL flatbuffers::flatbuffers yaml-cpp prometheus-cpp::core CLI11::CLI11 spdlog::spdlog
#   Boost::json Boost::url, and tidemark_asio for Asio, Beast and TLS
#   for tests: GTest::gtest GTest::gtest_main rapidcheck_gtest benchmark::benchmark
find_package(PkgConfig REQUIRED)
pkg_check_modules(rdkafka REQUIRED IMPORTED_TARGET rdkafka)
pkg_check_modules(xxhash REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(maxminddb REQUIRED IMPORTED_TARGET libmaxminddb)
# Core only. Its CMake package would ask for the pull and push halves too: curl, zlib, civetweb.
pkg_check_modules(prometheus REQUIRED IMPORTED_TARGET prometheus-cpp-core)
add_library(prometheus-cpp::core INTERFACE IMPORTED)
target_link_libraries(prometheus-cpp::core INTERFACE PkgConfig::prometheus)

find_package(Threads REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(SQLite3 3.40 REQUIRED)
find_package(yaml-cpp REQUIRED CONFIG)
find_package(CLI11 REQUIRED CONFIG)
find_package(spdlog REQUIRED CONFIG)
find_package(Boost 1.81 REQUIRED CONFIG COMPONENTS headers json url)

# Debian's Python before any other: the Python packages of scripts/packages.txt are that one's.
if(NOT Python3_EXECUTABLE AND EXISTS /usr/bin/python3)
  set(Python3_EXECUTABLE /usr/bin/python3)
endif()
find_package(Python3 REQUIRED COMPONENTS Interpreter)

# Asio, Beast and TLS as one target, with their bodies compiled once (asio_impl.cpp). These
# definitions must be the same in every file that sees the headers: nobody links Boost::headers.
add_library(tidemark_asio_impl STATIC EXCLUDE_FROM_ALL cmake/asio_impl.cpp)
target_compile_definitions(tidemark_asio_impl PUBLIC
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED)
target_link_libraries(tidemark_asio_impl PUBLIC
  Boost::headers OpenSSL::SSL OpenSSL::Crypto Threads::Threads)
add_library(tidemark_asio INTERFACE)
target_link_libraries(tidemark_asio INTERFACE tidemark_asio_impl)
if(CMAKE_CXX_FLAGS MATCHES "undefined")  # others' code, and UBSan doubles its compile time
  set_source_files_properties(cmake/asio_impl.cpp PROPERTIES
    COMPILE_OPTIONS -fno-sanitize=undefined)
endif()

find_package(flatbuffers REQUIRED CONFIG NAMES flatbuffers FlatBuffers)
find_program(FLATC flatc REQUIRED)

# tidemark_flatbuffers(schemas): every .fbs of that module becomes <name>_generated.h in the build
# tree, to be included as "<name>_generated.h" by this module and its tests, and by nobody else.
function(tidemark_flatbuffers path)
  string(REPLACE "/" "_" target "tidemark_${path}")
  file(GLOB schemas CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/${path}/*.fbs")
  if(NOT TARGET ${target} OR NOT schemas)
    return()
  endif()
  set(generated "${PROJECT_BINARY_DIR}/generated/${path}")
  set(headers "")
  foreach(schema IN LISTS schemas)
    get_filename_component(name "${schema}" NAME_WE)
    add_custom_command(OUTPUT "${generated}/${name}_generated.h"
      COMMAND ${FLATC} --cpp --cpp-std c++17 --scoped-enums -o "${generated}" "${schema}"
      DEPENDS ${schemas} COMMENT "flatc ${path}/${name}.fbs" VERBATIM)
    list(APPEND headers "${generated}/${name}_generated.h")
  endforeach()
  add_custom_target(${target}_generated DEPENDS ${headers})
  foreach(reader IN ITEMS ${target} ${target}_test ${target}_property_test ${target}_bench)
    if(TARGET ${reader})
      add_dependencies(${reader} ${target}_generated)
      target_include_directories(${reader} SYSTEM PRIVATE "${generated}")
      target_link_libraries(${reader} PRIVATE flatbuffers::flatbuffers)
    endif()
  endforeach()
endfunction()

if(BUILD_TESTING)
  find_package(GTest REQUIRED CONFIG)
  find_package(rapidcheck REQUIRED CONFIG)
  find_package(benchmark REQUIRED CONFIG)
  include(GoogleTest)
endif()
