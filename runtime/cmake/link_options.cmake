# How the shared library and the programs are linked: only what is reached, and no C++ library to ship beside them.

include(CheckLinkerFlag)

check_linker_flag(CXX "-Wl,--gc-sections" MTC_LINKER_HAS_GC_SECTIONS)
check_linker_flag(CXX "-Wl,--version-script=${CMAKE_CURRENT_LIST_DIR}/exports.map" MTC_LINKER_HAS_VERSION_SCRIPT)
check_linker_flag(CXX "-Wl,-z,noseparate-code" MTC_LINKER_HAS_NOSEPARATE_CODE)
check_linker_flag(CXX "-Wl,-Map=${CMAKE_CURRENT_BINARY_DIR}/probe.map" MTC_LINKER_HAS_MAP)
check_linker_flag(CXX "-static-libstdc++" MTC_LINKER_HAS_STATIC_LIBSTDCXX)

# Each product also gets a map file, from which the size report says what each byte is for.
function(mtc_link_options target)
  if(MTC_LINKER_HAS_GC_SECTIONS)
    target_link_options(${target} PRIVATE -Wl,--gc-sections -Wl,--as-needed -Wl,--hash-style=gnu -Wl,--build-id=none)
  endif()
  if(MTC_LINKER_HAS_NOSEPARATE_CODE AND MTC_MODE STREQUAL "size")
    target_link_options(${target} PRIVATE -Wl,-z,noseparate-code)  # no page of padding between the segments
  endif()
  if(MTC_LINKER_HAS_MAP)
    target_link_options(${target} PRIVATE "-Wl,-Map=${CMAKE_CURRENT_BINARY_DIR}/${target}.map")
  endif()
  if(MTC_SANITIZE)
    return()  # sanitizers bring C++ parts of their own, and their reports need symbols
  endif()
  if(MTC_MODE STREQUAL "size")
    target_link_options(${target} PRIVATE -s)  # no symbol table; the map file still names everything
  endif()
  if(MTC_LINKER_HAS_STATIC_LIBSTDCXX)
    target_link_options(${target} PRIVATE -static-libstdc++ -static-libgcc)
  endif()
  # libstdc++'s operator new throws, which would link the unwinder and the demangler into a runtime that never throws.
  # Only in our own products: an app that links the static library keeps its own.
  target_sources(${target} PRIVATE "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/operator_new.cpp")
  set_source_files_properties("${CMAKE_CURRENT_FUNCTION_LIST_DIR}/operator_new.cpp" PROPERTIES
    COMPILE_OPTIONS "-fno-exceptions;-ffunction-sections;-Os")
endfunction()

# Exports what the version script names and nothing else, not even from the archives.
function(mtc_export_only target script)
  if(MTC_LINKER_HAS_VERSION_SCRIPT)
    target_link_options(${target} PRIVATE "-Wl,--version-script=${script}")
    set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS "${script}")
  endif()
endfunction()
