// Transcendental functions of vectors of floats, good to a few units in the last place, and of scalars by the C
// library. Polynomials for exp and log: Cephes (S. Moshier); rational functions for tanh and erf: Eigen.

#ifndef MTC_KERNELS_VECTOR_MATH_H_
#define MTC_KERNELS_VECTOR_MATH_H_

#include <cmath>

#include "kernels/simd.h"

namespace MTC_PORTABLE {

// exp(x) = 2^n * (1 + rest), for x in [-104, 89].
struct ExpParts {
  IntVec n;
  Vec rest;
};
MTC_INLINE ExpParts SplitExp(Vec x) {
  constexpr float kRound = 12582912.0f;  // 1.5 * 2^23: adding it leaves a whole number in the low bits
  const Vec shifted = x * 1.44269504088896341f + kRound;
  const Vec n = shifted - kRound;
  const Vec r = (x - n * 0.693359375f) - n * -2.12194440e-4f;
  Vec p = r * 1.9875691500e-4f + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  return {BitCast<IntVec>(BitCast<UintVec>(shifted) - 0x4b400000u), p * (r * r) + r};
}

MTC_INLINE Vec PowerOfTwo(IntVec n) { return BitCast<Vec>((BitCast<UintVec>(n) + 127u) << 23); }

MTC_INLINE Vec Exp(Vec x) {
  const ExpParts parts = SplitExp(AtMost(AtLeast(x, Fill<Vec>(-104)), Fill<Vec>(89)));
  const IntVec half = parts.n >> 1;  // two steps, so that subnormal results and overflow come out right
  return (parts.rest + 1.0f) * PowerOfTwo(half) * PowerOfTwo(parts.n - half);
}

// exp(x) - 1 for x below 88.
MTC_INLINE Vec Expm1(Vec x) {
  const ExpParts parts = SplitExp(AtMost(AtLeast(x, Fill<Vec>(-20)), Fill<Vec>(88)));
  const Vec scale = PowerOfTwo(parts.n);
  return parts.rest * scale + (scale - 1.0f);
}

MTC_INLINE Vec Log(Vec x) {
  const IntVec is_tiny = x < 1.17549435e-38f;
  const Vec scaled = Select(is_tiny, x * 8388608.0f, x);
  // A mantissa in [sqrt(1/2), sqrt(2)).
  const IntVec bits = BitCast<IntVec>(BitCast<UintVec>(scaled) - 0x3f3504f3u);
  const IntVec exponent = (bits >> 23) - (is_tiny & 23);
  const Vec m = BitCast<Vec>((bits & 0x7fffff) + 0x3f3504f3) - 1.0f;
  const Vec e = __builtin_convertvector(exponent, Vec), z = m * m;
  Vec p = m * 7.0376836292e-2f - 1.1514610310e-1f;
  p = p * m + 1.1676998740e-1f;
  p = p * m - 1.2420140846e-1f;
  p = p * m + 1.4249322787e-1f;
  p = p * m - 1.6668057665e-1f;
  p = p * m + 2.0000714765e-1f;
  p = p * m - 2.4999993993e-1f;
  p = p * m + 3.3333331174e-1f;
  const Vec y = p * m * z + e * -2.12194440e-4f - z * 0.5f;
  const Vec result = m + y + e * 0.693359375f;
  const Vec infinity = Fill<Vec>(__builtin_inf());
  const Vec special = Select(x == 0.0f, -infinity, Select(x < 0.0f, Fill<Vec>(__builtin_nan("")), x));
  return Select((x > 0.0f) & (x < infinity), result, special);
}

// log(1 + x) for finite x.
MTC_INLINE Vec Log1p(Vec x) {
  const Vec u = x + 1.0f;
  return Select(u == 1.0f, x, Log(u) * x / (u - 1.0f));
}

MTC_INLINE Vec Sigmoid(Vec x) {
  const Vec small = Exp(-Abs(x)), r = 1.0f / (1.0f + small);
  return Select(x < 0.0f, small * r, r);
}

// 1 with the sign of x.
MTC_INLINE Vec SignOf(Vec x) {
  return BitCast<Vec>((BitCast<IntVec>(x) & static_cast<int32_t>(0x80000000)) | 0x3f800000);
}

MTC_INLINE Vec Tanh(Vec argument) {
  constexpr float kLimit = 7.90531110763549805f;  // from here on it rounds to 1
  const Vec x = AtMost(AtLeast(argument, Fill<Vec>(-kLimit)), Fill<Vec>(kLimit));
  const Vec s = x * x;
  Vec p = s * -2.76076847742355e-16f + 2.00018790482477e-13f;
  p = p * s - 8.60467152213735e-11f;
  p = p * s + 5.12229709037114e-08f;
  p = p * s + 1.48572235717979e-05f;
  p = p * s + 6.37261928875436e-04f;
  p = p * s + 4.89352455891786e-03f;
  Vec q = s * 1.19825839466702e-06f + 1.18534705686654e-04f;
  q = q * s + 2.26843463243900e-03f;
  q = q * s + 4.89352518554385e-03f;
  const Vec size = Abs(argument);
  return Select(size < 4e-4f, argument, Select(size >= kLimit, SignOf(argument), x * p / q));
}

MTC_INLINE Vec Erf(Vec argument) {
  const Vec x = AtMost(AtLeast(argument, Fill<Vec>(-4)), Fill<Vec>(4));
  const Vec s = x * x;
  Vec p = s * -2.72614225801306e-10f + 2.77068142495902e-08f;
  p = p * s - 2.10102402082508e-06f;
  p = p * s - 5.69250639462346e-05f;
  p = p * s - 7.34990630326855e-04f;
  p = p * s - 2.95459980854025e-03f;
  p = p * s - 1.60960333262415e-02f;
  Vec q = s * -1.45660718464996e-05f - 2.13374055278905e-04f;
  q = q * s - 1.68282697438203e-03f;
  q = q * s - 7.37332916720468e-03f;
  q = q * s - 1.42647390514189e-02f;
  return Select(Abs(argument) >= 4.0f, SignOf(argument), x * p / q);
}

MTC_INLINE Vec Sqrt(Vec x) {
  MTC_UNROLL
  for (int i = 0; i < kLanes; ++i) x[i] = __builtin_sqrtf(x[i]);
  return x;
}

MTC_INLINE double Exp(double x) { return std::exp(x); }
MTC_INLINE double Expm1(double x) { return std::expm1(x); }
MTC_INLINE double Log(double x) { return std::log(x); }
MTC_INLINE double Log1p(double x) { return std::log1p(x); }
MTC_INLINE double Tanh(double x) { return std::tanh(x); }
MTC_INLINE double Erf(double x) { return std::erf(x); }
MTC_INLINE double Sqrt(double x) { return __builtin_sqrt(x); }
MTC_INLINE double Sigmoid(double x) {
  const double small = std::exp(-std::fabs(x));
  return (x < 0 ? small : 1) / (1 + small);
}

// log(1 + exp(x)).
template <typename V>
MTC_INLINE V Softplus(V x) {
  return AtLeast(x, Fill<V>(0)) + Log1p(Exp(-Abs(x)));
}

}  // namespace MTC_PORTABLE

#endif  // MTC_KERNELS_VECTOR_MATH_H_
