// Vectors as wide as the instruction-set level of the file that includes this, and what they are loaded from. All of
// it stands in that level's namespace, so that code of one level is never merged with another's.

#ifndef MTC_KERNELS_SIMD_H_
#define MTC_KERNELS_SIMD_H_

#include <cstdint>
#include <type_traits>
#include <utility>

#include "core/dtype.h"
#include "core/half.h"
#include "kernels/kernel.h"

#if MTC_ISA_LEVEL > 0
#include <immintrin.h>
#endif
#if defined(__aarch64__)
#include <arm_neon.h>
#endif

#define MTC_INLINE [[gnu::always_inline]] inline
#if defined(__clang__)
#define MTC_UNROLL _Pragma("clang loop unroll(full)")
#else
#define MTC_UNROLL _Pragma("GCC unroll 32")
#endif

namespace MTC_PORTABLE {

MTC_INLINE constexpr int64_t Least(int64_t a, int64_t b) { return a < b ? a : b; }
MTC_INLINE constexpr int64_t Most(int64_t a, int64_t b) { return a > b ? a : b; }

inline constexpr int kVectorBytes = 16 << MTC_ISA_LEVEL;

// What elements of type T are computed in.
template <typename T>
inline constexpr bool kIsHalf = std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>;
template <typename T>
using Compute = std::conditional_t<kIsHalf<T>, float, std::conditional_t<std::is_same_v<T, Bool>, bool, T>>;

template <typename C>
struct Simd {
  typedef C Vector __attribute__((vector_size(kVectorBytes)));
  static constexpr int kLanes = kVectorBytes / static_cast<int>(sizeof(C));
};
using Vec = Simd<float>::Vector;
using IntVec = Simd<int32_t>::Vector;
using UintVec = Simd<uint32_t>::Vector;  // wraps
inline constexpr int kLanes = Simd<float>::kLanes;

// `value` in all lanes. Less zero it is itself, and the compiler knows; a zero added would turn -0 into 0.
template <typename V, typename S>
MTC_INLINE V Splat(S value) {
  return value - V{};
}

template <typename V, typename From>
MTC_INLINE V Load(const From* from) {
  V v;
#if MTC_ISA_LEVEL == 2
  if constexpr (std::is_same_v<From, Half>)
    return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
#elif MTC_ISA_LEVEL == 1
  if constexpr (std::is_same_v<From, Half>)
    return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
#endif
  if constexpr (kIsHalf<From>) {
    MTC_UNROLL
    for (int i = 0; i < kLanes; ++i) v[i] = static_cast<float>(from[i]);
  } else {
    __builtin_memcpy(&v, from, sizeof v);
  }
  return v;
}

template <typename V, typename To>
MTC_INLINE void Store(To* to, V v) {
#if MTC_ISA_LEVEL == 2
  if constexpr (std::is_same_v<To, Half>) {
    return _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), _mm512_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT));
  }
#elif MTC_ISA_LEVEL == 1
  if constexpr (std::is_same_v<To, Half>) {
    return _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm256_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT));
  }
#endif
  if constexpr (kIsHalf<To>) {
    MTC_UNROLL
    for (int i = 0; i < kLanes; ++i) to[i] = static_cast<To>(v[i]);
  } else {
    __builtin_memcpy(to, &v, sizeof v);
  }
}

// The first `count` lanes; the others are zero.
template <typename V, typename From>
MTC_INLINE V LoadPart(const From* from, int64_t count) {
#if MTC_ISA_LEVEL == 2
  if constexpr (std::is_same_v<V, Vec> && std::is_same_v<From, float>) {
    return _mm512_maskz_loadu_ps(static_cast<__mmask16>((1u << count) - 1), from);
  }
#endif
  V v = {};
  for (int64_t i = 0; i < count; ++i) v[i] = static_cast<decltype(v[0] + 0)>(from[i]);
  return v;
}

template <typename V, typename To>
MTC_INLINE void StorePart(To* to, V v, int64_t count) {
#if MTC_ISA_LEVEL == 2
  if constexpr (std::is_same_v<V, Vec> && std::is_same_v<To, float>) {
    _mm512_mask_storeu_ps(to, static_cast<__mmask16>((1u << count) - 1), v);
    return;
  }
#endif
  for (int64_t i = 0; i < count; ++i) to[i] = static_cast<To>(v[i]);
}

// What kernels load at once of elements of type T: a Vec of those that are computed as floats, else one element.
template <typename T>
using Pack = std::conditional_t<std::is_same_v<Compute<T>, float>, Vec, Compute<T>>;
template <typename T>
inline constexpr int kPackWidth = std::is_same_v<Compute<T>, float> ? kLanes : 1;

template <typename T>
MTC_INLINE Pack<T> LoadPack(const T* from) {
  if constexpr (kPackWidth<T> == 1) {
    return *from;
  } else {
    return Load<Vec>(from);
  }
}
// The first `count` lanes; the others are `filler`.
template <typename T>
MTC_INLINE Pack<T> LoadPack(const T* from, int64_t count, Pack<T> filler) {
  if constexpr (kPackWidth<T> == 1) {
    return *from;
  } else {
    if (count == kPackWidth<T>) return Load<Vec>(from);
#if MTC_ISA_LEVEL == 2
    if constexpr (std::is_same_v<T, float>) {
      return _mm512_mask_loadu_ps(filler, static_cast<__mmask16>((1u << count) - 1), from);
    }
#endif
    for (int64_t i = 0; i < count; ++i) filler[i] = static_cast<float>(from[i]);
    return filler;
  }
}
template <typename T>
MTC_INLINE void StorePack(T* to, Pack<T> v, int64_t count = kPackWidth<T>) {
  if constexpr (kPackWidth<T> == 1) {
    *to = static_cast<T>(v);
  } else if (count == kPackWidth<T>) {
    Store(to, v);
  } else {
    StorePart(to, v, count);
  }
}

template <typename To, typename From>
MTC_INLINE To BitCast(From from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  __builtin_memcpy(&to, &from, sizeof to);
  return to;
}

// --- lane by lane, for vectors of floats and for scalars
// --------------------------------------------------------------
MTC_INLINE Vec Select(IntVec which, Vec a, Vec b) { return which ? a : b; }
template <typename T, typename = std::enable_if_t<std::is_arithmetic_v<T>>>
MTC_INLINE T Select(bool which, T a, T b) {
  return which ? a : b;
}
// `value` as a vector or a scalar.
template <typename V, typename S>
MTC_INLINE V Fill(S value) {
  if constexpr (std::is_same_v<V, Vec>) {
    return Splat<Vec>(static_cast<float>(value));
  } else {
    return static_cast<V>(value);
  }
}
// The larger and the smaller one; NaN if either is. AtLeast and AtMost want a bound that is not NaN.
template <typename V>
MTC_INLINE V AtLeast(V x, V low) {
  return Select(x < low, low, x);
}
template <typename V>
MTC_INLINE V AtMost(V x, V high) {
  return Select(x > high, high, x);
}
template <typename V>
MTC_INLINE V Max(V a, V b) {
  return Select(a > b, a, Select(a == a, b, a));
}
template <typename V>
MTC_INLINE V Min(V a, V b) {
  return Select(a < b, a, Select(a == a, b, a));
}
#if defined(__aarch64__)
MTC_INLINE Vec Max(Vec a, Vec b) { return vmaxq_f32(a, b); }
MTC_INLINE Vec Min(Vec a, Vec b) { return vminq_f32(a, b); }
#else
// x86's instructions give `b` if either is NaN; all bits set, which a comparison gives, are a NaN.
MTC_INLINE Vec Max(Vec a, Vec b) { return BitCast<Vec>(BitCast<IntVec>(a > b ? a : b) | (a != a)); }
MTC_INLINE Vec Min(Vec a, Vec b) { return BitCast<Vec>(BitCast<IntVec>(a < b ? a : b) | (a != a)); }
#endif
MTC_INLINE Vec Abs(Vec x) { return BitCast<Vec>(BitCast<IntVec>(x) & 0x7fffffff); }
MTC_INLINE float Abs(float x) { return __builtin_fabsf(x); }
MTC_INLINE double Abs(double x) { return __builtin_fabs(x); }

// Lanes kFirst, kFirst + kStep, ... of `a` followed by `b`, counted around.
template <int kFirst, int kStep, typename V, int... kIndex>
MTC_INLINE V ShuffleLanes(V a, V b, std::integer_sequence<int, kIndex...>) {
  constexpr int kBoth = 2 * static_cast<int>(sizeof...(kIndex));
#if defined(__clang__) || __GNUC__ >= 12
  return __builtin_shufflevector(a, b, ((kFirst + kIndex * kStep) % kBoth)...);
#else
  return __builtin_shuffle(a, b, IntVec{((kFirst + kIndex * kStep) % kBoth)...});
#endif
}
template <int kFirst, int kStep>
MTC_INLINE Vec ShuffleLanes(Vec a, Vec b) {
  return ShuffleLanes<kFirst, kStep>(a, b, std::make_integer_sequence<int, kLanes>());
}

// The lanes of `a` followed by `b` that are named, of vectors of four words of four bytes.
template <int kA, int kB, int kC, int kD, typename V>
MTC_INLINE V ShuffleFour(V a, V b) {
#if defined(__clang__) || __GNUC__ >= 12
  return __builtin_shufflevector(a, b, kA, kB, kC, kD);
#else
  return __builtin_shuffle(a, b, V{kA, kB, kC, kD});
#endif
}

// All lanes joined two by two; every lane of the result has what all give together.
template <int kDistance = kLanes / 2, typename Join>
MTC_INLINE Vec JoinLanes(Vec v, const Join& join) {
  if constexpr (kDistance == 0) {
    return v;
  } else {
    return JoinLanes<kDistance / 2>(join(v, ShuffleLanes<kDistance, 1>(v, v)), join);
  }
}

// Elements [kFirst, kFirst + n) of a vector, as a vector of their own.
template <int kFirst, typename V, int... kIndex>
MTC_INLINE auto Part(V v, std::integer_sequence<int, kIndex...>) {
#if defined(__clang__) || __GNUC__ >= 12
  return __builtin_shufflevector(v, v, (kFirst + kIndex)...);
#else
  typedef std::remove_reference_t<decltype(v[0])> Piece __attribute__((vector_size(sizeof...(kIndex) * sizeof(v[0]))));
  return Piece{v[kFirst + kIndex]...};
#endif
}

// All elements added up, halves first: one after the other, each addition would wait for the one before.
template <typename V>
MTC_INLINE auto Sum(V v) {
  constexpr int kHalf = static_cast<int>(sizeof(V) / sizeof(v[0])) / 2;
  if constexpr (kHalf == 0) {
    return v[0];
  } else if constexpr (kHalf == 1) {
    return v[0] + v[1];
  } else {
    using Indices = std::make_integer_sequence<int, kHalf>;
    return Sum(Part<0>(v, Indices()) + Part<kHalf>(v, Indices()));
  }
}

}  // namespace MTC_PORTABLE

#endif  // MTC_KERNELS_SIMD_H_
