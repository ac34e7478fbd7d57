# Included after each project() for Windows whose compiler may be for MSVC's ABI.

if(NOT CMAKE_C_SIMULATE_ID STREQUAL "MSVC" AND NOT CMAKE_CXX_SIMULATE_ID STREQUAL "MSVC")
  return()
endif()

# Libraries are called as on every other system, so that who looks for them need not ask which compiler made them. MSVC's
# linker takes any name.
set(CMAKE_STATIC_LIBRARY_PREFIX lib)
set(CMAKE_STATIC_LIBRARY_SUFFIX .a)
set(CMAKE_IMPORT_LIBRARY_PREFIX lib)
set(CMAKE_IMPORT_LIBRARY_SUFFIX .dll.a)

# Nothing is thrown; Microsoft's C++ library has `try` in its headers unless it is told.
add_compile_definitions($<$<COMPILE_LANGUAGE:CXX>:_HAS_EXCEPTIONS=0>)
