#ifndef MTC_CORE_CLOCK_H_
#define MTC_CORE_CLOCK_H_

#include <cstdint>

#if !defined(_WIN32)
#include <time.h>
#endif

namespace mtc {

// Since some moment before; a clock that nobody sets.
#if defined(_WIN32)
uint64_t MonotonicNanoseconds();
#else
inline uint64_t MonotonicNanoseconds() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1000000000u + static_cast<uint64_t>(now.tv_nsec);
}
#endif

}  // namespace mtc

#endif  // MTC_CORE_CLOCK_H_
