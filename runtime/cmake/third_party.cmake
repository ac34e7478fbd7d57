# The libraries that mtc/build/third_party.py built, as the one target `mtc_third_party`.

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)

set(MTC_THIRD_PARTY_ARCHIVES)
if(MTC_WITH_XNNPACK)
  list(APPEND MTC_THIRD_PARTY_ARCHIVES
    "${MTC_THIRD_PARTY}/lib/libXNNPACK.a" "${MTC_THIRD_PARTY}/lib/libmicrokernels-prod.a")
endif()
list(APPEND MTC_THIRD_PARTY_ARCHIVES "${MTC_THIRD_PARTY}/lib/libpthreadpool.a" "${MTC_THIRD_PARTY}/lib/libcpuinfo.a")
foreach(archive IN LISTS MTC_THIRD_PARTY_ARCHIVES)
  if(NOT EXISTS "${archive}")
    message(FATAL_ERROR "${archive} is missing: build MTC_THIRD_PARTY with what the selection needs")
  endif()
endforeach()

add_library(mtc_third_party INTERFACE)
target_include_directories(mtc_third_party SYSTEM INTERFACE "${MTC_THIRD_PARTY}/include")
target_link_libraries(mtc_third_party INTERFACE ${MTC_THIRD_PARTY_ARCHIVES} Threads::Threads ${CMAKE_DL_LIBS} m)

# For mtcConfig.cmake: the archives' names, wherever they are installed.
set(MTC_THIRD_PARTY_NAMES)
foreach(archive IN LISTS MTC_THIRD_PARTY_ARCHIVES)
  get_filename_component(name "${archive}" NAME)
  string(APPEND MTC_THIRD_PARTY_NAMES " ${name}")
endforeach()
