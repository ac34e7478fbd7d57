// The two half-precision formats. They are storage: kernels load them into float, compute, and round once.

#ifndef MTC_CORE_HALF_H_
#define MTC_CORE_HALF_H_

#include <cstdint>
#include <cstring>

namespace mtc {

namespace half_internal {

inline uint32_t BitsOf(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

inline float FromBits(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

}  // namespace half_internal

// IEEE 754 binary16.
#if defined(__aarch64__) && !defined(__clang__) && __GNUC__ < 13
using Half = __fp16;  // these compilers define the macro below, and know its type in C alone
#elif defined(__FLT16_MANT_DIG__) && !defined(_MSC_VER)  // whose libraries have no conversions of it
using Half = _Float16;
#else
struct Half {
  uint16_t bits = 0;

  Half() = default;
  explicit Half(float value) {
    using namespace half_internal;
    const uint32_t wide = BitsOf(value), magnitude = wide & 0x7fffffffu;
    const uint16_t sign = static_cast<uint16_t>(wide >> 16 & 0x8000u);
    if (magnitude > 0x7f800000u) {  // NaN
      bits = sign | 0x7e00u;
    } else if (magnitude >= 0x477ff000u) {  // rounds to more than the largest
      bits = sign | 0x7c00u;
    } else if (magnitude < 0x38800000u) {  // subnormal: adding 0.5 leaves the rounded mantissa in the low bits
      bits = static_cast<uint16_t>(sign | (BitsOf(FromBits(magnitude) + 0.5f) - 0x3f000000u));
    } else {
      bits = static_cast<uint16_t>(sign | ((magnitude - 0x38000000u + 0xfffu + (magnitude >> 13 & 1)) >> 13));
    }
  }
  explicit operator float() const {
    using namespace half_internal;
    const uint32_t sign = (bits & 0x8000u) << 16, magnitude = bits & 0x7fffu;
    if (magnitude >= 0x7c00u) return FromBits(sign | 0x7f800000u | (magnitude & 0x3ffu) << 13);
    // Scaling by 2^112 moves the exponent's bias, and normalizes what was subnormal.
    const float scaled = FromBits(magnitude << 13) * 5192296858534827628530496329220096.0f;
    return FromBits(BitsOf(scaled) | sign);
  }
};
#endif

// The upper half of a float.
struct BFloat16 {
  uint16_t bits = 0;

  BFloat16() = default;
  explicit BFloat16(float value) {
    const uint32_t wide = half_internal::BitsOf(value);
    const bool is_nan = (wide & 0x7fffffffu) > 0x7f800000u;
    bits = static_cast<uint16_t>(is_nan ? (wide >> 16 | 0x40u) : (wide + 0x7fffu + (wide >> 16 & 1)) >> 16);
  }
  explicit operator float() const { return half_internal::FromBits(static_cast<uint32_t>(bits) << 16); }
};

}  // namespace mtc

#endif  // MTC_CORE_HALF_H_
