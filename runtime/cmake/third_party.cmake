# The libraries that mtc/build/third_party.py built, as the one target `mtc_third_party`.

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)

set(names)
if(MTC_WITH_QNNPACK)
  list(APPEND names qnnpack qnnpack-microkernels)
  target_compile_definitions(mtc_code INTERFACE PYTORCH_QNNPACK_RUNTIME_QUANTIZATION=1)  # as its operators are built
endif()
if(MTC_WITH_XNNPACK)
  list(APPEND names XNNPACK microkernels-prod)
endif()
list(APPEND names pthreadpool)
if(NOT CMAKE_SYSTEM_NAME STREQUAL "WASI")
  list(APPEND names cpuinfo)
endif()

# Several folders hold pthreadpool and cpuinfo, which are the same.
set(MTC_THIRD_PARTY_ARCHIVES)
foreach(name IN LISTS names)
  set(archive)
  foreach(folder IN LISTS MTC_THIRD_PARTY)
    if(NOT archive AND EXISTS "${folder}/lib/lib${name}.a")
      set(archive "${folder}/lib/lib${name}.a")
    endif()
  endforeach()
  if(NOT archive)
    message(FATAL_ERROR "lib${name}.a is missing: build MTC_THIRD_PARTY with what the selection needs")
  endif()
  list(APPEND MTC_THIRD_PARTY_ARCHIVES "${archive}")
endforeach()

set(MTC_SYSTEM_LIBRARIES ${CMAKE_DL_LIBS})
if(NOT CMAKE_CXX_SIMULATE_ID STREQUAL "MSVC")  # whose C library has the mathematical functions inside
  list(APPEND MTC_SYSTEM_LIBRARIES m)
endif()

add_library(mtc_third_party INTERFACE)
foreach(folder IN LISTS MTC_THIRD_PARTY)
  target_include_directories(mtc_code SYSTEM INTERFACE "${folder}/include")
  target_include_directories(mtc_third_party SYSTEM INTERFACE "${folder}/include")
endforeach()
target_link_libraries(mtc_third_party INTERFACE ${MTC_THIRD_PARTY_ARCHIVES} Threads::Threads ${MTC_SYSTEM_LIBRARIES})
if(ANDROID)
  target_link_libraries(mtc_third_party INTERFACE log)  # what cpuinfo writes to
endif()

# For mtcConfig.cmake and mtc.pc: the archives' names, wherever they are installed.
set(MTC_THIRD_PARTY_NAMES)
set(MTC_PKG_CONFIG_PRIVATE)
foreach(archive IN LISTS MTC_THIRD_PARTY_ARCHIVES)
  get_filename_component(name "${archive}" NAME)
  string(APPEND MTC_THIRD_PARTY_NAMES " ${name}")
  string(REGEX REPLACE "^lib(.*)\\.a$" "-l\\1" name "${name}")
  string(APPEND MTC_PKG_CONFIG_PRIVATE "${name} ")
endforeach()
# Then the system's libraries, and the compiler's C++ library, for apps that are linked as C. zig does not tell which one
# it links: it is its own libc++.
set(cxx_library c++)
if(CMAKE_CXX_SIMULATE_ID STREQUAL "MSVC")
  set(cxx_library)  # objects name it themselves
elseif("stdc++" IN_LIST CMAKE_CXX_IMPLICIT_LINK_LIBRARIES)
  set(cxx_library stdc++)
endif()
set(system_libraries ${CMAKE_THREAD_LIBS_INIT} ${MTC_SYSTEM_LIBRARIES} ${cxx_library})
list(TRANSFORM system_libraries REPLACE "^([^-].*)$" "-l\\1")
list(JOIN system_libraries " " system_libraries)
string(APPEND MTC_PKG_CONFIG_PRIVATE "${system_libraries}")
