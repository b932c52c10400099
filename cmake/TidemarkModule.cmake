# A folder becomes a library, its tests become tests, and climbing is refused.
#
#   tidemark_module(core/fold DEPENDS core/base core/dns USES yaml-cpp SHOWS tidemark_asio)
#     core/fold/*.hpp *.cpp                -> tidemark_core_fold, in layer ${TIDEMARK_LAYER}
#     tests/unit/core/fold/*_test.cpp      -> tidemark_core_fold_test, ctest label unit
#     tests/property/core/fold/*_test.cpp  -> tidemark_core_fold_property_test, label property
#     tests/bench/core/fold/*_bench.cpp    -> tidemark_core_fold_bench, in bench/; no ctest
#   tidemark_program(tidemark-edge PATH dns-edge/app)
#     dns-edge/app/edge_main.cpp, or main.cpp if there is none, and the library of that folder
#     -> bin/tidemark-edge. So one app folder may hold several programs: producer/app has
#     controller_main.cpp and prober_main.cpp. A program without its main yet is left out.
#   tidemark_test(fleet_test LABEL inprocess SOURCES fleet_test.cpp DEPENDS consumer/feeder)
#     for a tests/<folder>/CMakeLists.txt: any other GoogleTest program. LABEL is unit, property,
#     inprocess (whole parts together, no network) or integration (processes, brokers, sockets).
#
# main.cpp and *_main.cpp never belong to the library. A folder that has no source and no header yet
# is left out, and so is every DEPENDS on it, until its first file appears.
set_property(GLOBAL PROPERTY TIDEMARK_MODULES "")
set_property(GLOBAL PROPERTY TIDEMARK_SKIPPED "")
file(GLOB TIDEMARK_SUPPORT CONFIGURE_DEPENDS
  "${PROJECT_SOURCE_DIR}/tests/support/*.hpp" "${PROJECT_SOURCE_DIR}/tests/support/*.cpp")
add_custom_target(tidemark_tests)  # builds every test that runs within one process: for sanitizers

# ThreadSanitizer has nothing to find where one thread runs: these modules start threads, or are
# called by several.
option(TIDEMARK_ONLY_THREADED_TESTS "Leave out tests of what one thread runs" OFF)
set(TIDEMARK_THREADED "^(net|topics|consumer/.*|producer/(api|app|prober|publish)|")
string(APPEND TIDEMARK_THREADED "dns-edge/(serve|admin|app|sandbox))$")

# The target of a module; empty for one that was left out; an error for one never declared.
function(tidemark_target_of path asker result)
  string(REPLACE "/" "_" target "tidemark_${path}")
  get_property(skipped GLOBAL PROPERTY TIDEMARK_SKIPPED)
  if(path IN_LIST skipped)
    set(target "")
  elseif(NOT TARGET ${target})  # declared above or not at all: hence no cycle
    message(FATAL_ERROR "${asker} depends on ${path}, which is not declared above it")
  endif()
  set(${result} "${target}" PARENT_SCOPE)
endfunction()

function(tidemark_module path)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "DEPENDS;USES;SHOWS")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "${path}: unknown argument ${arg_UNPARSED_ARGUMENTS}")
  endif()
  string(REPLACE "/" "_" target "tidemark_${path}")
  set(root "${PROJECT_SOURCE_DIR}")
  file(GLOB headers CONFIGURE_DEPENDS "${root}/${path}/*.hpp")
  file(GLOB sources CONFIGURE_DEPENDS "${root}/${path}/*.cpp")
  if(NOT headers AND NOT sources)
    set_property(GLOBAL APPEND PROPERTY TIDEMARK_SKIPPED "${path}")
    return()
  endif()
  list(FILTER sources EXCLUDE REGEX "[/_]main\\.cpp$")
  if(NOT sources)  # headers only, or nothing but a main
    set(sources "${TIDEMARK_EMPTY_SOURCE}")
  endif()

  add_library(${target} STATIC ${sources})
  set_target_properties(${target} PROPERTIES TIDEMARK_LAYER ${TIDEMARK_LAYER})
  target_sources(${target} PUBLIC FILE_SET HEADERS BASE_DIRS "${root}" FILES ${headers})
  target_compile_features(${target} PUBLIC cxx_std_23)
  target_precompile_headers(${target} REUSE_FROM tidemark_pch)
  target_link_libraries(${target} PUBLIC ${arg_SHOWS} PRIVATE tidemark_warnings ${arg_USES})
  tidemark_link_below(${target} ${path} "${arg_DEPENDS}")

  if(BUILD_TESTING)
    tidemark_tests_of(${path} unit "")
    tidemark_tests_of(${path} property rapidcheck_gtest)
    tidemark_bench_of(${path})
  endif()
endfunction()

# Links what DEPENDS names, refuses a climb, notes the edges for check_layers.py.
function(tidemark_link_below target path dependencies)
  set(edges "")
  foreach(dependency IN LISTS dependencies)
    tidemark_target_of(${dependency} ${path} below)
    if(NOT below)
      continue()
    endif()
    get_target_property(layer ${below} TIDEMARK_LAYER)
    if(layer GREATER TIDEMARK_LAYER)
      message(FATAL_ERROR
        "${path} (layer ${TIDEMARK_LAYER}) climbs to ${dependency} (layer ${layer})")
    endif()
    target_link_libraries(${target} PUBLIC ${below})
    list(APPEND edges ${dependency})
  endforeach()
  list(JOIN edges "," edges)
  set_property(GLOBAL APPEND_STRING PROPERTY TIDEMARK_MODULES
    "${TIDEMARK_LAYER} ${path} ${edges}\n")
endfunction()

# The tests of one kind that mirror a module's folder: nobody lists them.
function(tidemark_tests_of path kind uses)
  file(GLOB tests CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/${kind}/${path}/*_test.cpp")
  if(NOT tests)
    return()
  endif()
  string(REPLACE "/" "_" name "tidemark_${path}_${kind}_test")
  string(REPLACE "_unit_test" "_test" name "${name}")
  tidemark_test(${name} LABEL ${kind} PREFIX "${path}/" SOURCES ${tests} DEPENDS ${path}
    USES ${uses})
endfunction()

function(tidemark_bench_of path)
  file(GLOB benches CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/bench/${path}/*_bench.cpp")
  if(NOT benches)
    return()
  endif()
  string(REPLACE "/" "_" target "tidemark_${path}")
  add_executable(${target}_bench ${benches})
  set_target_properties(${target}_bench PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bench")
  target_precompile_headers(${target}_bench REUSE_FROM tidemark_pch)
  target_link_libraries(${target}_bench PRIVATE
    ${target} tidemark_warnings benchmark::benchmark_main)
  if(TIDEMARK_SUPPORT)
    target_link_libraries(${target}_bench PRIVATE tidemark_test_support)
  endif()
endfunction()

function(tidemark_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "LABEL;PREFIX;TIMEOUT" "SOURCES;DEPENDS;USES")
  set(labels unit property inprocess integration)
  if(NOT arg_LABEL IN_LIST labels)
    message(FATAL_ERROR "${name}: LABEL is one of ${labels}")
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  if(NOT arg_PREFIX)
    set(arg_PREFIX "${name}/")
  endif()
  set(threaded ${arg_DEPENDS})
  list(FILTER threaded INCLUDE REGEX "${TIDEMARK_THREADED}")
  if(TIDEMARK_ONLY_THREADED_TESTS AND NOT threaded)
    return()
  endif()
  add_executable(${name} ${arg_SOURCES})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")
  target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}")
  target_compile_features(${name} PRIVATE cxx_std_23)
  target_precompile_headers(${name} REUSE_FROM tidemark_pch)
  target_link_libraries(${name} PRIVATE ${arg_USES} tidemark_warnings GTest::gtest_main)
  foreach(dependency IN LISTS arg_DEPENDS)
    tidemark_target_of(${dependency} ${name} below)
    target_link_libraries(${name} PRIVATE ${below})
  endforeach()
  if(TIDEMARK_SUPPORT)
    target_link_libraries(${name} PRIVATE tidemark_test_support)
  endif()
  set_target_properties(${name} PROPERTIES TIDEMARK_LABEL ${arg_LABEL})
  if(NOT arg_LABEL STREQUAL "integration")
    add_dependencies(tidemark_tests ${name})
  endif()
  gtest_discover_tests(${name} TEST_PREFIX "${arg_PREFIX}" WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}"
    DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
    PROPERTIES LABELS ${arg_LABEL} TIMEOUT ${arg_TIMEOUT})
endfunction()

function(tidemark_program name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "PATH" "DEPENDS;USES")
  string(REPLACE "/" "_" library "tidemark_${arg_PATH}")
  string(REGEX REPLACE "^tidemark-" "" short "${name}")
  set(folder "${PROJECT_SOURCE_DIR}/${arg_PATH}")
  file(GLOB main CONFIGURE_DEPENDS "${folder}/${short}_main.cpp")
  if(NOT main)
    file(GLOB main CONFIGURE_DEPENDS "${folder}/main.cpp")
  endif()
  if(NOT main)
    return()
  endif()
  add_executable(${name} "${main}")
  target_precompile_headers(${name} REUSE_FROM tidemark_pch)
  # What the folder's .cpp files may include, its main may too.
  get_target_property(uses ${library} LINK_LIBRARIES)
  target_link_libraries(${name} PRIVATE ${library} ${uses} ${arg_USES})
  foreach(dependency IN LISTS arg_DEPENDS)
    tidemark_target_of(${dependency} ${name} below)
    target_link_libraries(${name} PRIVATE ${below})
  endforeach()
endfunction()

function(tidemark_test_support)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "" "DEPENDS;USES")
  if(NOT BUILD_TESTING OR NOT TIDEMARK_SUPPORT)
    return()
  endif()
  add_library(tidemark_test_support STATIC ${TIDEMARK_SUPPORT} "${TIDEMARK_EMPTY_SOURCE}")
  target_include_directories(tidemark_test_support PUBLIC "${PROJECT_SOURCE_DIR}")
  target_compile_features(tidemark_test_support PUBLIC cxx_std_23)
  target_precompile_headers(tidemark_test_support REUSE_FROM tidemark_pch)
  target_link_libraries(tidemark_test_support
    PUBLIC rapidcheck_gtest GTest::gtest ${arg_USES} PRIVATE tidemark_warnings)
  foreach(dependency IN LISTS arg_DEPENDS)
    tidemark_target_of(${dependency} tests/support below)
    target_link_libraries(tidemark_test_support PUBLIC ${below})
  endforeach()
endfunction()
