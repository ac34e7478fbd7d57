// Normalization of rows by statistics of their own. Half-precision rows are computed in float.

#ifndef MTC_KERNELS_NORMALIZE_H_
#define MTC_KERNELS_NORMALIZE_H_

#include "kernels/shape_rules.h"
#include "kernels/simd.h"

namespace MTC_PORTABLE {

inline constexpr int64_t kNormalizeGrain = 8192;  // elements worth another thread

// Rows that one thread takes at least.
MTC_INLINE int64_t RowGrain(int64_t row_size) { return 1 + kNormalizeGrain / (row_size + 1); }

MTC_INLINE float SquareRoot(float x) { return __builtin_sqrtf(x); }
MTC_INLINE double SquareRoot(double x) { return __builtin_sqrt(x); }

// The sum of term(x[i]), which takes a vector or a scalar.
template <typename T, typename Term>
MTC_INLINE Compute<T> SumOf(const T* x, int64_t count, const Term& term) {
  using C = Compute<T>;
  using V = typename Simd<C>::Vector;
  constexpr int kWidth = Simd<C>::kLanes;
  V sums[4] = {};
  int64_t i = 0;
  for (; i + 4 * kWidth <= count; i += 4 * kWidth) {
    MTC_UNROLL
    for (int j = 0; j < 4; ++j) sums[j] += term(Load<V>(x + i + j * kWidth));
  }
  for (; i + kWidth <= count; i += kWidth) sums[0] += term(Load<V>(x + i));
  C total = static_cast<C>(Sum((sums[0] + sums[1]) + (sums[2] + sums[3])));
  for (; i < count; ++i) total += term(static_cast<C>(x[i]));
  return total;
}

template <typename C>
struct Moments {
  C mean, variance;
};

// Two passes, as the sum of squares alone would cancel.
template <typename T>
MTC_INLINE Moments<Compute<T>> MomentsOf(const T* x, int64_t count) {
  using C = Compute<T>;
  const C mean = SumOf(x, count, [](auto v) { return v; }) / static_cast<C>(count);
  const C squares = SumOf(x, count, [mean](auto v) { return (v - mean) * (v - mean); });
  return {mean, squares / static_cast<C>(count)};
}

// out[i] = (x[i] - mean) * scale * weight[i] + bias[i]; weight and bias may be null.
template <typename T, typename C>
MTC_INLINE void NormalizeRow(const T* x, int64_t count, C mean, C scale, const T* weight, const T* bias, T* out) {
  using V = typename Simd<C>::Vector;
  constexpr int kWidth = Simd<C>::kLanes;
  int64_t i = 0;
  for (; i + kWidth <= count; i += kWidth) {
    V v = (Load<V>(x + i) - mean) * scale;
    if (weight != nullptr) v *= Load<V>(weight + i);
    if (bias != nullptr) v += Load<V>(bias + i);
    Store(out + i, v);
  }
  for (; i < count; ++i) {
    C v = (static_cast<C>(x[i]) - mean) * scale;
    if (weight != nullptr) v *= static_cast<C>(weight[i]);
    if (bias != nullptr) v += static_cast<C>(bias[i]);
    out[i] = static_cast<T>(v);
  }
}

// out[i] = (x[i] - mean) * scale + bias.
template <typename T, typename C>
MTC_INLINE void ScaleRow(const T* x, int64_t count, C mean, C scale, C bias, T* out) {
  using V = typename Simd<C>::Vector;
  constexpr int kWidth = Simd<C>::kLanes;
  int64_t i = 0;
  for (; i + kWidth <= count; i += kWidth) Store(out + i, (Load<V>(x + i) - mean) * scale + bias);
  for (; i < count; ++i) out[i] = static_cast<T>((static_cast<C>(x[i]) - mean) * scale + bias);
}

// Elements of the last `axes` axes.
MTC_INLINE int64_t TrailingSize(const Tensor& x, int64_t axes) {
  int64_t size = 1;
  for (int i = x.rank - static_cast<int>(axes); i < x.rank; ++i) size *= x.dims[i];
  return size;
}

#if MTC_ISA_LEVEL == 0
// `axes` axes can be normalized, and the parameter, if it is there, is shaped like them.
inline Status CheckNormalized(PrepareContext& context, const Tensor& x, const Tensor* parameter, int64_t axes) {
  if (axes < 1 || axes > x.rank) {
    return context.Fail(Status::kInvalidProgram, "%lld normalized axes of a tensor of rank %d",
                        static_cast<long long>(axes), x.rank);
  }
  if (parameter == nullptr) return Status::kOk;
  bool fits = parameter->rank == axes;
  for (int i = 0; fits && i < parameter->rank; ++i) fits = parameter->dims[i] == x.dims[x.rank - axes + i];
  return fits ? Status::kOk
              : context.Fail(Status::kInvalidArgument, "parameters are not shaped like the normalized axes");
}

// x is [batch, channels, ...], and the parameter, if it is there, has one element for each channel.
inline Status CheckPerChannel(PrepareContext& context, const Tensor& x, const Tensor* parameter) {
  if (x.rank < 2) return context.Fail(Status::kInvalidProgram, "x is not [batch, channels, ...]");
  if (parameter == nullptr || (parameter->rank == 1 && parameter->dims[0] == x.dims[1])) return Status::kOk;
  return context.Fail(Status::kInvalidArgument, "parameters have not one element for each channel");
}
#endif

}  // namespace MTC_PORTABLE

#endif  // MTC_KERNELS_NORMALIZE_H_
