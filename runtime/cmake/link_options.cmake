# How the shared library and the programs are linked: only what is reached, and no C++ library to ship beside them.

include(CheckLinkerFlag)

if(MTC_LLD)  # a folder with `ld.lld`, where the compiler's own linker makes larger files
  add_link_options("-B${MTC_LLD}" -fuse-ld=lld -Wl,-O2)  # -O2: a text that ends another is a part of it
endif()

# A flag that one system's linker has may be misread by another's: each is asked for its own alone.
if(APPLE)
  set(MTC_LINK_ONLY_REACHED -Wl,-dead_strip)
  check_linker_flag(CXX "-Wl,-map,${CMAKE_CURRENT_BINARY_DIR}/probe.map" MTC_LINKER_HAS_APPLE_MAP)
elseif(CMAKE_CXX_SIMULATE_ID STREQUAL "MSVC")
  # Of its linkers only LLVM's is called by clang. It merges nothing that is equal by chance: each byte has one reason;
  # and the same list gives the same files.
  set(MTC_LINK_ONLY_REACHED -Wl,-opt:ref -Wl,-opt:noicf -Wl,-Brepro)
  set(MTC_LINKER_HAS_LLD_MAP ON)
elseif(WIN32)
  set(MTC_LINK_ONLY_REACHED -Wl,--gc-sections)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    list(APPEND MTC_LINK_ONLY_REACHED -Wl,--no-insert-timestamp)  # the same list gives the same files
  endif()
  check_linker_flag(CXX "-Wl,-Map=${CMAKE_CURRENT_BINARY_DIR}/probe.map" MTC_LINKER_HAS_MAP)
elseif(CMAKE_SYSTEM_NAME STREQUAL "WASI")
  set(MTC_LINK_ONLY_REACHED -Wl,--gc-sections)
else()
  set(MTC_LINK_ONLY_REACHED -Wl,--gc-sections -Wl,--as-needed -Wl,--hash-style=gnu -Wl,--build-id=none)
  check_linker_flag(CXX "-Wl,--version-script=${CMAKE_CURRENT_LIST_DIR}/exports.map" MTC_LINKER_HAS_VERSION_SCRIPT)
  if(ANDROID)
    # Pages of 16 KB, as newer devices have; and once loaded a library stays, since its threads have destructors in it.
    list(APPEND MTC_LINK_ONLY_REACHED -Wl,-z,max-page-size=16384 -Wl,-z,nodelete)
  else()
    check_linker_flag(CXX "-Wl,-z,noseparate-code" MTC_LINKER_HAS_NOSEPARATE_CODE)
  endif()
  check_linker_flag(CXX "-Wl,-Map=${CMAKE_CURRENT_BINARY_DIR}/probe.map" MTC_LINKER_HAS_MAP)
endif()
check_linker_flag(CXX "-static-libstdc++" MTC_LINKER_HAS_STATIC_LIBSTDCXX)

# Each product also gets a map file where the linker writes one, from which the size report says what each byte is for.
function(mtc_link_options target)
  target_link_options(${target} PRIVATE ${MTC_LINK_ONLY_REACHED})
  if(MTC_LINKER_HAS_NOSEPARATE_CODE AND MTC_MODE STREQUAL "size")
    target_link_options(${target} PRIVATE -Wl,-z,noseparate-code)  # no page of padding between the segments
  endif()
  if(MTC_LINKER_HAS_MAP)
    target_link_options(${target} PRIVATE "-Wl,-Map=${CMAKE_CURRENT_BINARY_DIR}/${target}.map")
  elseif(MTC_LINKER_HAS_LLD_MAP)
    target_link_options(${target} PRIVATE -Wl,-demangle:no
      "-Wl,-lldmap:${CMAKE_CURRENT_BINARY_DIR}/${target}.map")
  elseif(MTC_LINKER_HAS_APPLE_MAP)
    target_link_options(${target} PRIVATE "-Wl,-map,${CMAKE_CURRENT_BINARY_DIR}/${target}.map")
  endif()
  if(MTC_SANITIZE)
    return()  # sanitizers bring C++ parts of their own, and their reports need symbols
  endif()
  if(MTC_MODE STREQUAL "size")
    # No symbol table; the map file still names everything. zig compiles the C libraries that it brings as the link says,
    # and by no `-O` a DLL also holds the time of day.
    target_link_options(${target} PRIVATE -s -Os)
    if(APPLE)
      target_link_options(${target} PRIVATE -Wl,-x)  # there `-s` leaves the symbols that are local
    endif()
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

# The library that apps load, from all our objects.
function(mtc_add_shared target)
  if(CMAKE_SYSTEM_NAME STREQUAL "WASI")
    # A module without a main function, whose exports a page or a program in JavaScript calls.
    add_executable(${target} ${MTC_OBJECTS})
    set_target_properties(${target} PROPERTIES OUTPUT_NAME mtc SUFFIX .wasm)
    target_link_options(${target} PRIVATE
      -mexec-model=reactor -Wl,--export-dynamic -Wl,--export=malloc -Wl,--export=free)
    install(TARGETS ${target} DESTINATION lib)
  else()
    add_library(${target} SHARED ${MTC_OBJECTS})
    set_target_properties(${target} PROPERTIES OUTPUT_NAME mtc)
    mtc_export_only(${target} "${CMAKE_CURRENT_SOURCE_DIR}/cmake/exports.map")
    if(CMAKE_SYSTEM_NAME STREQUAL "Linux" AND MTC_MODE STREQUAL "size" AND NOT MTC_SANITIZE)
      # The C compiler's start files run what was registered for the library's end, which nothing in it does (a test
      # looks). What is run when it is loaded stands in a table of the file itself.
      target_link_options(${target} PRIVATE -nostartfiles)
    endif()
    install(TARGETS ${target} ARCHIVE DESTINATION lib LIBRARY DESTINATION lib RUNTIME DESTINATION bin)
  endif()
  if(WIN32)
    set_target_properties(${target} PROPERTIES PREFIX "")  # mtc.dll, with lib/libmtc.dll.a to link it
  endif()
  target_link_libraries(${target} PRIVATE mtc_third_party)
  mtc_link_options(${target})
endfunction()
