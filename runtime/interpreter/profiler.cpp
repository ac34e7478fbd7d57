#include "interpreter/profiler.h"

#include <time.h>

namespace mtc {
namespace {

uint64_t Clock() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1000000000u + static_cast<uint64_t>(now.tv_nsec);
}

}  // namespace

void Profiler::Begin() {
  recorded_ = 0;
  began_ = Clock();
}

uint64_t Profiler::Now() const { return Clock() - began_; }

}  // namespace mtc
