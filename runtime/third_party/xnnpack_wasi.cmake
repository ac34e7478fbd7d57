# XNNPACK's own project builds WebAssembly by Bazel alone. It is told of a system that it knows, builds its operators
# and scalar microkernels for that, and gets those for 128-bit vectors from here.

add_library(cpuinfo INTERFACE)  # there is nothing to ask a processor for
function(mtc_add_xnnpack)
  set(CMAKE_SYSTEM_NAME Linux)
  add_compile_options(-UXNN_ENABLE_CPUINFO -DXNN_ENABLE_CPUINFO=0 "-I${CMAKE_CURRENT_LIST_DIR}/wasi"
    "SHELL:-include math.h")  # which a header of XNNPACK forgets where it uses it
  add_subdirectory("${XNNPACK_SOURCE_DIR}" xnnpack)
endfunction()
mtc_add_xnnpack()

include("${XNNPACK_SOURCE_DIR}/cmake/gen/wasmsimd_microkernels.cmake")
include("${XNNPACK_SOURCE_DIR}/cmake/gen/wasm_microkernels.cmake")
foreach(file IN LISTS PROD_WASMSIMD_MICROKERNEL_SRCS PROD_WASM_MICROKERNEL_SRCS)
  target_sources(microkernels-prod PRIVATE "${XNNPACK_SOURCE_DIR}/${file}")
endforeach()
