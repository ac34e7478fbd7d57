// Integers of eight bits as vectors of 32-bit integers and floats, and back.

#ifndef MTC_KERNELS_STEP_VECTORS_H_
#define MTC_KERNELS_STEP_VECTORS_H_

#include "core/quantized.h"
#include "kernels/simd.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace MTC_PORTABLE {

// What results are limited to before their zero point is added, and that.
struct StepLimits {
  float low, high;
  int32_t zero;
};

// Of results that are elements of `out`; `clamp` may limit them further, in real numbers.
inline StepLimits LimitsOf(const Tensor& out, Span<const double> clamp = {}) {
  const Steps steps = StepsOf(out.dtype);
  const int32_t zero = out.quantization->zero_point;
  const bool has_low = clamp.size() == 2 && clamp[0] > -__builtin_inf();
  const bool has_high = clamp.size() == 2 && clamp[1] < __builtin_inf();
  const auto origin = static_cast<float>(zero);
  return {static_cast<float>(has_low ? QuantizedAs(out, clamp[0]) : steps.low) - origin,
          static_cast<float>(has_high ? QuantizedAs(out, clamp[1]) : steps.high) - origin, zero};
}

// kLanes elements.
template <typename Step>
MTC_INLINE IntVec LoadSteps(const Step* from) {
  constexpr bool kIsSigned = std::is_signed_v<Step>;
#if MTC_ISA_LEVEL == 2
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
  return BitCast<IntVec>(kIsSigned ? _mm512_cvtepi8_epi32(bytes) : _mm512_cvtepu8_epi32(bytes));
#elif MTC_ISA_LEVEL == 1
  const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(from));
  return BitCast<IntVec>(kIsSigned ? _mm256_cvtepi8_epi32(bytes) : _mm256_cvtepu8_epi32(bytes));
#elif defined(__x86_64__)
  int32_t word;
  __builtin_memcpy(&word, from, 4);
  const __m128i bytes = _mm_cvtsi32_si128(word), zero = _mm_setzero_si128();
  if constexpr (kIsSigned) {
    const __m128i high = _mm_unpacklo_epi16(zero, _mm_unpacklo_epi8(zero, bytes));
    return BitCast<IntVec>(_mm_srai_epi32(high, 24));
  } else {
    return BitCast<IntVec>(_mm_unpacklo_epi16(_mm_unpacklo_epi8(bytes, zero), zero));
  }
#elif defined(__aarch64__)
  uint32_t word;
  __builtin_memcpy(&word, from, 4);
  if constexpr (kIsSigned) {
    return BitCast<IntVec>(vmovl_s16(vget_low_s16(vmovl_s8(vreinterpret_s8_u32(vdup_n_u32(word))))));
  } else {
    return BitCast<IntVec>(vmovl_u16(vget_low_u16(vmovl_u8(vreinterpret_u8_u32(vdup_n_u32(word))))));
  }
#else
  IntVec v;
  MTC_UNROLL
  for (int i = 0; i < kLanes; ++i) v[i] = from[i];
  return v;
#endif
}

// The first `count` lanes; the others are zero.
template <typename Step>
MTC_INLINE IntVec LoadSteps(const Step* from, int64_t count) {
#if MTC_ISA_LEVEL == 2
  const __m128i bytes = _mm_maskz_loadu_epi8(static_cast<__mmask16>((1u << count) - 1), from);
  return BitCast<IntVec>(std::is_signed_v<Step> ? _mm512_cvtepi8_epi32(bytes) : _mm512_cvtepu8_epi32(bytes));
#else
  Step part[kLanes] = {};
  for (int64_t i = 0; i < count; ++i) part[i] = from[i];
  return LoadSteps(part);
#endif
}

// Limited, rounded half to even, moved by the zero point. Not of NaN.
MTC_INLINE IntVec RoundToSteps(Vec v, const StepLimits& limits) {
  v = AtMost(AtLeast(v, Fill<Vec>(limits.low)), Fill<Vec>(limits.high));
#if MTC_ISA_LEVEL == 2
  const IntVec rounded = BitCast<IntVec>(_mm512_cvtps_epi32(BitCast<__m512>(v)));
#elif MTC_ISA_LEVEL == 1
  const IntVec rounded = BitCast<IntVec>(_mm256_cvtps_epi32(BitCast<__m256>(v)));
#elif defined(__x86_64__)
  const IntVec rounded = BitCast<IntVec>(_mm_cvtps_epi32(BitCast<__m128>(v)));
#elif defined(__aarch64__)
  const IntVec rounded = BitCast<IntVec>(vcvtnq_s32_f32(v));
#else
  const Vec kRound = Fill<Vec>(12582912.0f);  // 1.5 * 2^23: adding it leaves a whole number
  const IntVec rounded = __builtin_convertvector((v + kRound) - kRound, IntVec);
#endif
  return BitCast<IntVec>(BitCast<UintVec>(rounded) + static_cast<uint32_t>(limits.zero));
}

// Stores lanes that are in the range of bytes.
template <typename Step>
MTC_INLINE void StoreBytes(Step* to, IntVec v) {
#if MTC_ISA_LEVEL == 2
  _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm512_cvtepi32_epi8(BitCast<__m512i>(v)));
#elif defined(__x86_64__)
#if MTC_ISA_LEVEL == 1
  const __m256i all = BitCast<__m256i>(v);
  const __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(all), _mm256_extracti128_si256(all, 1));
#else
  const __m128i words = _mm_packs_epi32(BitCast<__m128i>(v), BitCast<__m128i>(v));
#endif
  const __m128i bytes = std::is_signed_v<Step> ? _mm_packs_epi16(words, words) : _mm_packus_epi16(words, words);
  __builtin_memcpy(to, &bytes, kLanes);
#elif defined(__aarch64__)
  const int16x4_t words = vmovn_s32(BitCast<int32x4_t>(v));
  const uint32x2_t bytes = vreinterpret_u32_s8(vmovn_s16(vcombine_s16(words, words)));
  const uint32_t word = vget_lane_u32(bytes, 0);
  __builtin_memcpy(to, &word, kLanes);
#else
  MTC_UNROLL
  for (int i = 0; i < kLanes; ++i) to[i] = static_cast<Step>(v[i]);
#endif
}

template <typename Step>
MTC_INLINE void StoreBytes(Step* to, IntVec v, int64_t count) {
#if MTC_ISA_LEVEL == 2
  _mm512_mask_cvtepi32_storeu_epi8(to, static_cast<__mmask16>((1u << count) - 1), BitCast<__m512i>(v));
#else
  for (int64_t i = 0; i < count; ++i) to[i] = static_cast<Step>(v[i]);
#endif
}

// The lanes of an operand from element `at` on, as floats.
struct StepLanes {
  int64_t at, count;

  template <typename T>
  MTC_INLINE Vec operator()(const T* x) const {
    if constexpr (sizeof(T) == 1) {
      return __builtin_convertvector(count == kLanes ? LoadSteps(x + at) : LoadSteps(x + at, count), Vec);
    } else {
      return count == kLanes ? Load<Vec>(x + at) : LoadPart<Vec>(x + at, count);
    }
  }
};

// to[i] = the step nearest to lane i - at of f(StepLanes), for all i below `count`: limited, and the zero point added.
// `limits` is a copy: a store of bytes may change whatever else has an address.
template <typename Step, typename F>
MTC_INLINE void MapSteps(Step* to, int64_t count, const StepLimits limits, const F& f) {
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) StoreBytes(to + i, RoundToSteps(f(StepLanes{i, kLanes}), limits));
  if (i < count) StoreBytes(to + i, RoundToSteps(f(StepLanes{i, count - i}), limits), count - i);
}

}  // namespace MTC_PORTABLE

#endif  // MTC_KERNELS_STEP_VECTORS_H_
