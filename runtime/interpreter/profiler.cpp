#include "interpreter/profiler.h"

#include "core/clock.h"

namespace mtc {

void Profiler::Begin() {
  recorded_ = 0;
  began_ = MonotonicNanoseconds();
}

uint64_t Profiler::Now() const { return MonotonicNanoseconds() - began_; }

}  // namespace mtc
