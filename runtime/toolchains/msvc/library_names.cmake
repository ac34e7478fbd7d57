# Included after each project(): libraries for MSVC's ABI are called as on every other system, so that who looks for them
# need not ask which compiler made them. MSVC's linker takes any name.
set(CMAKE_STATIC_LIBRARY_PREFIX lib)
set(CMAKE_STATIC_LIBRARY_SUFFIX .a)
set(CMAKE_IMPORT_LIBRARY_PREFIX lib)
set(CMAKE_IMPORT_LIBRARY_SUFFIX .dll.a)
