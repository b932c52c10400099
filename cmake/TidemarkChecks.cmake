# The tests of the house (label house), then the folders that bring a CMakeLists.txt of their own.
get_property(modules GLOBAL PROPERTY TIDEMARK_MODULES)
file(WRITE "${PROJECT_BINARY_DIR}/modules.txt" "${modules}")  # "layer path its,DEPENDS" a line

function(tidemark_house_test name)
  add_test(NAME ${name} COMMAND ${ARGN} WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
  set_tests_properties(${name} PROPERTIES LABELS house TIMEOUT 300 SKIP_RETURN_CODE 77)
endfunction()

if(BUILD_TESTING)
  tidemark_house_test(layering
    Python3::Interpreter scripts/check_layers.py . "${PROJECT_BINARY_DIR}/modules.txt")
  tidemark_house_test(tidy Python3::Interpreter scripts/tidy.py)
  tidemark_house_test(format scripts/format --check)
  tidemark_house_test(checks-catch
    Python3::Interpreter -B -m unittest discover -s tests/house -p *_test.py)
  if(modules)
    tidemark_house_test(header-self-check ${CMAKE_COMMAND} --build "${PROJECT_BINARY_DIR}"
      --parallel 2 --target all_verify_interface_header_sets)
    # Alone, as it may have to build; under scripts/test it finds everything built.
    set_tests_properties(header-self-check PROPERTIES TIMEOUT 1800 RUN_SERIAL ON)
  endif()
endif()

# Programs that a folder declares without tidemark_test() count as tests within one process too.
function(tidemark_add_programs_of folder)
  get_property(targets DIRECTORY "${folder}" PROPERTY BUILDSYSTEM_TARGETS)
  foreach(target IN LISTS targets)
    get_target_property(type ${target} TYPE)
    get_target_property(label ${target} TIDEMARK_LABEL)
    if(type STREQUAL "EXECUTABLE" AND NOT label STREQUAL "integration")
      add_dependencies(tidemark_tests ${target})
    endif()
  endforeach()
  get_property(below DIRECTORY "${folder}" PROPERTY SUBDIRECTORIES)
  foreach(inner IN LISTS below)
    tidemark_add_programs_of("${inner}")
  endforeach()
endfunction()

file(GLOB own CONFIGURE_DEPENDS RELATIVE "${PROJECT_SOURCE_DIR}"
  tests/*/CMakeLists.txt loadtest/CMakeLists.txt loadtest/*/CMakeLists.txt)
foreach(file IN LISTS own)
  get_filename_component(folder "${file}" DIRECTORY)
  add_subdirectory("${folder}")
  if(folder MATCHES "^tests/")
    tidemark_add_programs_of("${folder}")
  endif()
endforeach()
