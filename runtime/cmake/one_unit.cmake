# The program's loader and the interpreter as one source file, for the smallest runtime: the compiler then sees that
# nothing but the C API enters them, and drops, inlines and specializes what it could not across files. This is what
# link-time optimization does, but its result is an ordinary object file, in which the size report finds each function.

# Sets `result` to a file that is all of `sources` (below `root`); of them `entries` hold what others call: the C API.
function(mtc_one_unit result root sources entries)
  file(GLOB own_headers RELATIVE "${root}" "${root}/program/*.h" "${root}/interpreter/*.h")
  file(GLOB other_headers RELATIVE "${root}" "${root}/core/*.h")
  # What kernels and tables elsewhere define and call.
  list(REMOVE_ITEM own_headers interpreter/kernel_table.h)
  list(APPEND other_headers kernels/kernel.h kernels/nested_function.h include/mtc/mtc.h interpreter/kernel_table.h)

  # Before all else, so that nothing of the system's is declared as ours.
  set(system_headers "#include <flatbuffers/flatbuffers.h>")
  foreach(file IN LISTS own_headers sources)
    file(STRINGS "${root}/${file}" lines REGEX "^#include <")
    list(APPEND system_headers ${lines})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${root}/${file}")
  endforeach()
  list(REMOVE_DUPLICATES system_headers)
  list(JOIN system_headers "\n" text)
  string(APPEND text "\n#if defined(__GNUC__) && !defined(__clang__) && !defined(_WIN32)\n"
    "#define MTC_API __attribute__((visibility(\"default\"), externally_visible))\n#endif\n")
  foreach(file IN LISTS other_headers)
    string(APPEND text "#include \"${root}/${file}\"\n")
  endforeach()

  list(REMOVE_ITEM sources ${entries})
  string(APPEND text "#ifdef __clang__\n#pragma clang attribute push(__attribute__((internal_linkage)), "
    "apply_to = any(function, record, variable))\n#endif\n")
  foreach(file IN LISTS own_headers sources)
    string(APPEND text "#include \"${root}/${file}\"\n")
  endforeach()
  string(APPEND text "#ifdef __clang__\n#pragma clang attribute pop\n#endif\n")
  foreach(file IN LISTS entries)
    string(APPEND text "#include \"${root}/${file}\"\n")
  endforeach()

  set(path "${CMAKE_CURRENT_BINARY_DIR}/one_unit.cpp")
  file(CONFIGURE OUTPUT "${path}" CONTENT "${text}" @ONLY)  # kept as it is if nothing changed
  # GCC has a flag for all of a file instead; MTC_API is what it leaves visible. clang says of each parameter that it has
  # no linkage.
  set_source_files_properties("${path}" PROPERTIES COMPILE_OPTIONS
    "$<$<CXX_COMPILER_ID:GNU>:-fwhole-program>;$<$<CXX_COMPILER_ID:Clang,AppleClang>:-Wno-ignored-attributes>")
  set(${result} "${path}" PARENT_SCOPE)
endfunction()
