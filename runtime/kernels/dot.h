// Products with few rows: packing would cost more than the product, so each element is one dot product.

#ifndef MTC_KERNELS_DOT_H_
#define MTC_KERNELS_DOT_H_

#include "core/thread_pool.h"
#include "kernels/simd.h"

namespace MTC_PORTABLE {

// The sum of a[i] * b[i].
template <typename C, typename A, typename B>
MTC_INLINE C Dot(const A* a, const B* b, int64_t count) {
  using V = typename Simd<C>::Vector;
  constexpr int kWidth = Simd<C>::kLanes;
  V sums[4] = {};
  int64_t i = 0;
  if constexpr (std::is_same_v<C, float> || (std::is_same_v<A, C> && std::is_same_v<B, C>)) {
    for (; i + 4 * kWidth <= count; i += 4 * kWidth) {
      MTC_UNROLL
      for (int j = 0; j < 4; ++j) sums[j] += Load<V>(a + i + j * kWidth) * Load<V>(b + i + j * kWidth);
    }
    for (; i + kWidth <= count; i += kWidth) sums[0] += Load<V>(a + i) * Load<V>(b + i);
  }
  C total = static_cast<C>(Sum((sums[0] + sums[1]) + (sums[2] + sums[3])));
  for (; i < count; ++i) total += static_cast<C>(a[i]) * static_cast<C>(b[i]);
  return total;
}

// sums[r] = x times row r of kRows ones that are `depth` elements apart: each part of x is loaded once.
template <int kRows, typename W>
MTC_INLINE void DotRows(const W* rows, const float* x, int64_t depth, float* sums) {
  Vec totals[kRows][2] = {};
  int64_t i = 0;
  for (; i + 2 * kLanes <= depth; i += 2 * kLanes) {
    const Vec first = Load<Vec>(x + i), second = Load<Vec>(x + i + kLanes);
    MTC_UNROLL
    for (int r = 0; r < kRows; ++r) {
      totals[r][0] += Load<Vec>(rows + r * depth + i) * first;
      totals[r][1] += Load<Vec>(rows + r * depth + i + kLanes) * second;
    }
  }
  for (; i + kLanes <= depth; i += kLanes) {
    const Vec part = Load<Vec>(x + i);
    MTC_UNROLL
    for (int r = 0; r < kRows; ++r) totals[r][0] += Load<Vec>(rows + r * depth + i) * part;
  }
  for (int r = 0; r < kRows; ++r) {
    sums[r] = Sum(totals[r][0] + totals[r][1]);
    for (int64_t k = i; k < depth; ++k) sums[r] += x[k] * static_cast<float>(rows[r * depth + k]);
  }
}

// out[r, c] = finish(r, c, x[r, :] . weight[c, :]) for `rows` rows of x and `columns` rows of weight.
template <typename C, typename T, typename Finish>
void DotProducts(ThreadPool* threads, const T* x, int64_t rows, const T* weight, int64_t columns, int64_t depth,
                 const Finish& finish) {
  const int64_t grain = 1 + (int64_t{1} << 14) / (depth * rows + 1);
  ParallelFor(threads, columns, grain, [&](int64_t begin, int64_t end) {
    for (int64_t c = begin; c < end; ++c) {
      for (int64_t r = 0; r < rows; ++r) finish(r, c, Dot<C>(x + r * depth, weight + c * depth, depth));
    }
  });
}

}  // namespace MTC_PORTABLE

#endif  // MTC_KERNELS_DOT_H_
