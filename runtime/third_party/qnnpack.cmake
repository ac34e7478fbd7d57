# QNNPACK from PyTorch's sources, whose own list of files wants older policies and does not know every system. Without
# src/init.c, which refers to every microkernel there is: each of our kernels names those that it needs
# (runtime/kernels/qnnpack/microkernels.h).

set(source "${QNNPACK_SOURCE_DIR}/src")
file(GLOB operators "${source}/*.c" "${source}/*.cc")
list(REMOVE_ITEM operators "${source}/init.c")
file(GLOB microkernels "${source}/[ux]8*/scalar.c")
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
  file(GLOB own "${source}/[qux]8*/*sse2*.c")
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
  file(GLOB own "${source}/[qux]8*/*neon*.c" "${source}/[qux]8*/*aarch64-neon.S")
else()
  message(FATAL_ERROR "which of QNNPACK's files are for ${CMAKE_SYSTEM_PROCESSOR} is not known")
endif()

# It calls functions that pthreadpool has as an option, which XNNPACK turns off: they are part of this library.
add_library(qnnpack STATIC ${operators} "${PTHREADPOOL_SOURCE_DIR}/src/legacy-api.c")
target_compile_options(qnnpack PRIVATE -Os $<$<COMPILE_LANGUAGE:CXX>:-fno-exceptions -fno-rtti>)
add_library(qnnpack-microkernels STATIC ${microkernels} ${own})
foreach(library IN ITEMS qnnpack qnnpack-microkernels)
  target_include_directories(${library} PRIVATE
    "${source}" "${QNNPACK_SOURCE_DIR}/include" "${QNNPACK_SOURCE_DIR}/deps/clog/include" "${FP16_SOURCE_DIR}/include"
    "${FXDIV_SOURCE_DIR}/include" "${CPUINFO_SOURCE_DIR}/include" "${PTHREADPOOL_SOURCE_DIR}/include")
  # Zero points and scales come with each operator, not with the weights; errors are returned and not printed.
  target_compile_definitions(${library} PRIVATE PYTORCH_QNNPACK_RUNTIME_QUANTIZATION=1 PYTORCH_QNNP_LOG_LEVEL=0)
  set_target_properties(${library} PROPERTIES C_STANDARD 11 CXX_STANDARD 17)
endforeach()

install(TARGETS qnnpack qnnpack-microkernels ARCHIVE DESTINATION lib)
install(DIRECTORY "${source}/qnnpack" "${QNNPACK_SOURCE_DIR}/include/" "${QNNPACK_SOURCE_DIR}/deps/clog/include/"
  "${FP16_SOURCE_DIR}/include/" DESTINATION include FILES_MATCHING PATTERN "*.h")
