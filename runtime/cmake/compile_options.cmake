# How our own sources are compiled. `mtc_code` carries it all; a target that links it is compiled that way.

include(CheckCXXCompilerFlag)

set(CMAKE_CXX_STANDARD 17)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

if(NOT MTC_MODE MATCHES "^(size|speed)$")
  message(FATAL_ERROR "MTC_MODE is size or speed, not `${MTC_MODE}`")
endif()
# The level is ours, not CMake's: CMAKE_BUILD_TYPE is empty.
if(MTC_SANITIZE)
  set(MTC_OPTIMIZE -O1)  # instrumented code takes long to optimize, and is for finding mistakes
  set(MTC_OPTIMIZE_HOT -O1)
elseif(MTC_MODE STREQUAL "size")
  set(MTC_OPTIMIZE -Os)
  set(MTC_OPTIMIZE_HOT -O2)
else()
  set(MTC_OPTIMIZE -O2)
  set(MTC_OPTIMIZE_HOT -O3)
endif()

add_library(mtc_code INTERFACE)
target_include_directories(mtc_code INTERFACE
  "${CMAKE_CURRENT_SOURCE_DIR}" "${CMAKE_CURRENT_SOURCE_DIR}/include" "${MTC_SELECTION}")
target_include_directories(mtc_code SYSTEM INTERFACE "${MTC_FLATBUFFERS}/include")
target_compile_definitions(mtc_code INTERFACE NDEBUG)
if(WIN32)
  # Microsoft's <windows.h> defines `min` and `max` else, which are C++'s.
  target_compile_definitions(mtc_code INTERFACE "MTC_API=__declspec(dllexport)" NOMINMAX)
endif()
target_compile_options(mtc_code INTERFACE
  -fno-exceptions -fno-rtti
  -ffunction-sections -fdata-sections
  -fno-math-errno  # nobody reads errno after sqrt; it keeps sqrt from being one instruction
  -Wall -Wextra
  # KernelContext::Fail hands on the texts that kernels write, where clang sees no literal.
  $<$<CXX_COMPILER_ID:Clang,AppleClang>:-Wno-format-security>
  # The paths of the building machine stay out of the binary.
  "-ffile-prefix-map=${CMAKE_CURRENT_SOURCE_DIR}=runtime" "-ffile-prefix-map=${MTC_SELECTION}=selection")

# Apps for Apple's systems link the static library with the system's libc++, which on the oldest of them (iOS 15, macOS
# 12) lacks what a newer libc++'s checks call before they abort. This is what Apple's own headers make of it there.
if(APPLE)
  target_compile_options(mtc_code INTERFACE
    "$<$<COMPILE_LANGUAGE:CXX>:-D_LIBCPP_VERBOSE_ABORT(...)=__builtin_abort()>")
endif()

# Only for who works on mtc: compilers differ in what they warn of, and no warning may keep a user from building.
if(MTC_TESTS)
  target_compile_options(mtc_code INTERFACE -Werror)
endif()

if(MTC_SANITIZE)
  target_compile_options(mtc_code INTERFACE
    "-fsanitize=${MTC_SANITIZE}" -fno-sanitize-recover=all -fno-omit-frame-pointer -g)
  # GCC takes what its own vector intrinsics leave undefined for variables that nobody sets, as soon as it instruments.
  target_compile_options(mtc_code INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-uninitialized -Wno-maybe-uninitialized>)
  target_link_options(mtc_code INTERFACE "-fsanitize=${MTC_SANITIZE}")
  add_link_options("-fsanitize=${MTC_SANITIZE}")
elseif(MTC_MODE STREQUAL "size")
  # Nothing is thrown, so nothing unwinds. GCC keeps frame pointers on ARM unless told otherwise.
  target_compile_options(mtc_code INTERFACE
    -fno-asynchronous-unwind-tables -fno-unwind-tables $<$<CXX_COMPILER_ID:GNU>:-fomit-frame-pointer>)
endif()
target_compile_options(mtc_code INTERFACE $<$<NOT:$<BOOL:$<TARGET_PROPERTY:MTC_IS_HOT>>>:${MTC_OPTIMIZE}>)
