# The three kinds of target that Bursar has. Includes are from the root; sources are listed by hand.

# A designated initialiser that leaves fields at their defaults is our style, not a mistake.
set(BURSAR_WARNINGS -Wall -Wextra -Werror -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
  # Optimizing, GCC 12 sees std::optional values read that nothing has set, where has_value() was asked before, and
  # strings that overlap themselves (its bug 105651).
  list(APPEND BURSAR_WARNINGS -Wno-maybe-uninitialized -Wno-restrict)
endif()

# `cmake --build ... --target tidy` reads every source of ours with clang-tidy, and again only what has changed since.
find_program(BURSAR_CLANG_TIDY NAMES clang-tidy-14 clang-tidy)
add_custom_target(tidy)

function(bursar_tidy name)
  if(NOT BURSAR_CLANG_TIDY)
    return()
  endif()
  set(stamps "")
  foreach(source IN LISTS ARGN)
    set(object "${CMAKE_CURRENT_BINARY_DIR}/CMakeFiles/${name}.dir/${source}${CMAKE_CXX_OUTPUT_EXTENSION}")
    set(stamp "${object}.tidy")
    # The object stands for the headers: it is built again when one of them changes.
    add_custom_command(
      OUTPUT "${stamp}"
      COMMAND "${BURSAR_CLANG_TIDY}" --quiet -p "${PROJECT_BINARY_DIR}" "${CMAKE_CURRENT_SOURCE_DIR}/${source}"
      COMMAND "${CMAKE_COMMAND}" -E touch "${stamp}"
      DEPENDS "${source}" "${object}" "${PROJECT_SOURCE_DIR}/.clang-tidy"
      COMMENT "clang-tidy ${source}"
      VERBATIM)
    list(APPEND stamps "${stamp}")
  endforeach()
  add_custom_target(${name}_tidy DEPENDS ${stamps})
  add_dependencies(tidy ${name}_tidy)
endfunction()

# bursar_library(<name> SOURCES <file>... [LIBS <target>...]): one folder's static library.
function(bursar_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBS")
  add_library(${name} STATIC ${arg_SOURCES})
  target_include_directories(${name} PUBLIC "${PROJECT_SOURCE_DIR}")
  target_compile_options(${name} PRIVATE ${BURSAR_WARNINGS})
  target_link_libraries(${name} PUBLIC ${arg_LIBS})
  bursar_tidy(${name} ${arg_SOURCES})
endfunction()

# bursar_program(<name> SOURCES <file>... [LIBS <target>...]): a program for people to run, in bin/ of the build.
function(bursar_program name)
  bursar_executable(${name} ${ARGN})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
endfunction()

function(bursar_executable name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBS")
  add_executable(${name} ${arg_SOURCES})
  target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}")
  target_compile_options(${name} PRIVATE ${BURSAR_WARNINGS})
  target_link_libraries(${name} PRIVATE ${arg_LIBS})
  bursar_tidy(${name} ${arg_SOURCES})
endfunction()

# bursar_test(<name> SOURCES <file>... [LIBS <target>...] [LABELS <label>] [TIMEOUT <seconds>]): a GoogleTest program,
# each of whose tests is one test of ctest. BURSAR_SOURCE_DIR is the tree's root, for tests that read files of it.
function(bursar_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIMEOUT;LABELS" "SOURCES;LIBS")
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  bursar_executable(${name} SOURCES ${arg_SOURCES} LIBS ${arg_LIBS} GTest::gmock_main)
  target_compile_definitions(${name} PRIVATE BURSAR_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  set(properties TIMEOUT ${arg_TIMEOUT})
  if(arg_LABELS)
    list(APPEND properties LABELS ${arg_LABELS})
  endif()
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST PROPERTIES ${properties})
endfunction()
