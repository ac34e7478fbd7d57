# XNNPACK's operators take the microkernels that a runtime's selection names (xnnpack_selection.h).

target_compile_options(operators PRIVATE "SHELL:-include \"${CMAKE_CURRENT_LIST_DIR}/xnnpack_selection.h\"")
set_source_files_properties("${XNNPACK_SOURCE_DIR}/src/operators/fully-connected-nc.c" TARGET_DIRECTORY operators
  PROPERTIES COMPILE_DEFINITIONS MTC_WEIGHTS_ARE_NOT_TRANSPOSED)

# The tables for matrix products once more, under other names and without the microkernels of convolutions (IGEMM): what
# a selection without convolutions takes.
set(tables "${XNNPACK_SOURCE_DIR}/src/configs/gemm-config.c")
file(READ "${tables}" text)
string(REGEX MATCHALL "xnn_[a-z0-9_]*igemm[a-z0-9_]*_ukernel_[0-9][a-z0-9_]*" microkernels "${text}")
string(REGEX MATCHALL "xnn_init_[a-z0-9_]*gemm[a-z0-9_]*_config" defined "${text}")
string(REGEX MATCHALL "#include \"xnnpack/[a-z-]*.h\"" headers "${text}")
list(REMOVE_DUPLICATES microkernels)
list(REMOVE_DUPLICATES defined)
list(APPEND defined kCoreCountThresholdForAdaptiveAvxOptimization)  # for wasm alone
list(JOIN headers "\n" text)  # they declare what is renamed below
foreach(name IN LISTS microkernels)
  string(APPEND text "\n#define ${name} 0")
endforeach()
foreach(name IN LISTS defined)
  string(APPEND text "\n#define ${name} ${name}_without_igemm")
endforeach()
file(CONFIGURE OUTPUT "${CMAKE_CURRENT_BINARY_DIR}/gemm-config-without-igemm.c"
  CONTENT "${text}\n#include \"${tables}\"\n" @ONLY)
target_sources(XNNPACK PRIVATE "${CMAKE_CURRENT_BINARY_DIR}/gemm-config-without-igemm.c")
