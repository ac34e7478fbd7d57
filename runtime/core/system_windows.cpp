// What Windows has for core/clock.h and core/mutex.h.

#if defined(_WIN32)

#include <windows.h>

#include "core/clock.h"
#include "core/mutex.h"

namespace mtc {

static_assert(sizeof(SRWLOCK) == sizeof(void*), "a Mutex is an SRWLOCK");

void Mutex::Acquire() { AcquireSRWLockExclusive(reinterpret_cast<SRWLOCK*>(&lock_)); }
void Mutex::Release() { ReleaseSRWLockExclusive(reinterpret_cast<SRWLOCK*>(&lock_)); }

uint64_t MonotonicNanoseconds() {
  LARGE_INTEGER frequency, now;  // neither fails since Windows XP
  QueryPerformanceFrequency(&frequency);
  QueryPerformanceCounter(&now);
  const uint64_t ticks = static_cast<uint64_t>(now.QuadPart), second = static_cast<uint64_t>(frequency.QuadPart);
  return ticks / second * 1000000000u + ticks % second * 1000000000u / second;
}

}  // namespace mtc

#endif
