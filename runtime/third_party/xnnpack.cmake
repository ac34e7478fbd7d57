set(XNNPACK_LIBRARY_TYPE static CACHE STRING "")
set(XNNPACK_BUILD_TESTS OFF CACHE BOOL "")
set(XNNPACK_BUILD_BENCHMARKS OFF CACHE BOOL "")
set(XNNPACK_BUILD_ALL_MICROKERNELS OFF CACHE BOOL "")
set(XNNPACK_USE_SYSTEM_LIBS OFF CACHE BOOL "")
set(XNNPACK_ENABLE_KLEIDIAI OFF CACHE BOOL "")  # helps this version only for 4-bit weights and SME
if(WIN32)
  # Outside Linux XNNPACK asks the processor alone whether there is AMX. Windows before 11 and Wine do not switch it on:
  # its instructions would end the program.
  set(XNNPACK_ENABLE_AVX512AMX OFF CACHE BOOL "")
endif()
if(CMAKE_SYSTEM_NAME STREQUAL "WASI")
  include("${CMAKE_CURRENT_LIST_DIR}/xnnpack_wasi.cmake")
else()
  add_subdirectory("${XNNPACK_SOURCE_DIR}" xnnpack)
endif()
include("${CMAKE_CURRENT_LIST_DIR}/xnnpack_selection.cmake")
# Where one operator of its API would bring in dozens, our kernels call the microkernels themselves.
install(DIRECTORY "${XNNPACK_SOURCE_DIR}/src/xnnpack" DESTINATION include FILES_MATCHING PATTERN "*.h")
