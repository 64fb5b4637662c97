# How everything of ours is compiled and linked. Warnings are set per target, in Targets.cmake: generated code has none.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Debug CACHE STRING "" FORCE)
endif()

# Quick to build, quick enough to run a million commands, with line numbers in a stack trace.
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1 -D_GLIBCXX_ASSERTIONS")
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")

find_program(BURSAR_CCACHE ccache)
if(BURSAR_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${BURSAR_CCACHE}")
endif()

find_program(BURSAR_MOLD mold)
if(BURSAR_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

if(BURSAR_SANITIZE)
  # With sanitizers on, g++ takes the library's own code for uninitialized; the other builds still look for it.
  add_compile_options(-fsanitize=${BURSAR_SANITIZE} -fno-omit-frame-pointer -Wno-maybe-uninitialized)
  add_link_options(-fsanitize=${BURSAR_SANITIZE})
  if(BURSAR_SANITIZE MATCHES "undefined")
    add_compile_options(-fno-sanitize-recover=undefined)
  endif()
endif()

if(BURSAR_PLANTS)
  add_compile_definitions(BURSAR_PLANTS)
endif()
