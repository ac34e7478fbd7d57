#include "core/isa.h"

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

namespace mtc {

#if defined(__x86_64__) || defined(__i386__)

namespace {

// Bits of CPUID leaves 1 and 7, and of XCR0 (Intel SDM volume 1, 13.3 and 14.9).
constexpr uint32_t kLeaf1Ecx = 1u << 12 | 1u << 22 | 1u << 27 | 1u << 28 | 1u << 29;  // FMA, MOVBE, OSXSAVE, AVX, F16C
constexpr uint32_t kLeaf7Avx2 = 1u << 3 | 1u << 5 | 1u << 8;                          // BMI1, AVX2, BMI2
constexpr uint32_t kLeaf7Avx512 = 1u << 16 | 1u << 17 | 1u << 28 | 1u << 30 | 1u << 31;  // F, DQ, CD, BW, VL
constexpr uint64_t kStateAvx = 0x6;      // the system saves SSE and AVX registers
constexpr uint64_t kStateAvx512 = 0xe6;  // and mask and ZMM registers

uint64_t ReadXcr0() {
  uint32_t low, high;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return uint64_t{high} << 32 | low;
}

}  // namespace

Isa DetectIsa() {
  uint32_t a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d) || (c & kLeaf1Ecx) != kLeaf1Ecx) return Isa::kBase;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || (b & kLeaf7Avx2) != kLeaf7Avx2) return Isa::kBase;
  const uint64_t saved = ReadXcr0();
  if ((saved & kStateAvx) != kStateAvx) return Isa::kBase;
#if defined(__APPLE__)
  return Isa::kAvx2;  // macOS turns the AVX-512 bits of XCR0 on at first use only, so they cannot be relied on
#else
  return (b & kLeaf7Avx512) == kLeaf7Avx512 && (saved & kStateAvx512) == kStateAvx512 ? Isa::kAvx512 : Isa::kAvx2;
#endif
}

bool HasVbmi() {
  constexpr uint32_t kLeaf7Vbmi = 1u << 1;
  uint32_t a, b, c, d;
  return DetectIsa() == Isa::kAvx512 && __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (c & kLeaf7Vbmi) != 0;
}

#else

Isa DetectIsa() { return Isa::kBase; }
bool HasVbmi() { return false; }

#endif

}  // namespace mtc
