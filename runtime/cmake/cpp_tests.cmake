# The C++ tests: every runtime/tests/*_test.cpp in one program, registered with ctest one by one.

if(NOT EXISTS "${MTC_GOOGLETEST}/googletest/src/gtest-all.cc")
  message(FATAL_ERROR "MTC_TESTS needs MTC_GOOGLETEST, the folder of GoogleTest's sources")
endif()
add_library(mtc_gtest STATIC
  "${MTC_GOOGLETEST}/googletest/src/gtest-all.cc" "${MTC_GOOGLETEST}/googletest/src/gtest_main.cc")
target_include_directories(mtc_gtest SYSTEM PUBLIC "${MTC_GOOGLETEST}/googletest/include")
target_include_directories(mtc_gtest PRIVATE "${MTC_GOOGLETEST}/googletest")
target_compile_options(mtc_gtest PRIVATE -w -O1)
target_link_libraries(mtc_gtest PUBLIC Threads::Threads)

file(GLOB MTC_TEST_SOURCES CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/tests/*_test.cpp")
foreach(library IN ITEMS qnnpack xnnpack)
  string(TOUPPER "${library}" name)
  if(NOT MTC_WITH_${name})
    list(FILTER MTC_TEST_SOURCES EXCLUDE REGEX "/${library}_[a-z0-9_]*_test\\.cpp$")
  endif()
endforeach()
add_executable(mtc_tests ${MTC_TEST_SOURCES})
target_link_libraries(mtc_tests PRIVATE mtc_code mtc mtc_gtest)

include(GoogleTest)
# Not when they are built: this machine may not run them.
gtest_discover_tests(mtc_tests DISCOVERY_TIMEOUT 60 DISCOVERY_MODE PRE_TEST)
