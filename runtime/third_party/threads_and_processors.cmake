# pthreadpool and cpuinfo, as their own projects build them.

set(PTHREADPOOL_LIBRARY_TYPE static CACHE STRING "")
set(PTHREADPOOL_ALLOW_DEPRECATED_API OFF CACHE BOOL "")
set(PTHREADPOOL_BUILD_TESTS OFF CACHE BOOL "")
set(PTHREADPOOL_BUILD_BENCHMARKS OFF CACHE BOOL "")
add_subdirectory("${PTHREADPOOL_SOURCE_DIR}" pthreadpool)

set(CPUINFO_LIBRARY_TYPE static CACHE STRING "")
# It would print to the user's terminal about every file that a container hides from it.
set(CPUINFO_LOG_LEVEL fatal CACHE STRING "")
set(CPUINFO_BUILD_TOOLS OFF CACHE BOOL "")
set(CPUINFO_BUILD_UNIT_TESTS OFF CACHE BOOL "")
set(CPUINFO_BUILD_MOCK_TESTS OFF CACHE BOOL "")
set(CPUINFO_BUILD_BENCHMARKS OFF CACHE BOOL "")
set(CPUINFO_BUILD_PKG_CONFIG OFF CACHE BOOL "")
add_subdirectory("${CPUINFO_SOURCE_DIR}" cpuinfo)

# What they do takes no time: handing out ranges, and reading what a processor is, once.
foreach(library IN ITEMS pthreadpool cpuinfo)
  target_compile_options(${library} PRIVATE -Os)
endforeach()
