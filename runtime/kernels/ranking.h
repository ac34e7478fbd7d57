// The order of the elements along an axis. Equal ones keep their order; NaN is the largest.

#ifndef MTC_KERNELS_RANKING_H_
#define MTC_KERNELS_RANKING_H_

#include <algorithm>

#include "core/thread_pool.h"
#include "kernels/axis_run.h"
#include "kernels/simd.h"

namespace MTC_PORTABLE {

template <typename T>
struct Ranked {
  T key;
  int64_t index;
};
inline constexpr size_t kRankedSize = sizeof(Ranked<int64_t>);  // the largest

template <typename T>
struct Before {
  bool is_descending;

  bool operator()(const Ranked<T>& a, const Ranked<T>& b) const {
    const bool a_is_nan = a.key != a.key, b_is_nan = b.key != b.key;
    if (a_is_nan != b_is_nan) return is_descending ? a_is_nan : b_is_nan;
    if (a.key < b.key) return !is_descending;
    if (b.key < a.key) return is_descending;
    return a.index < b.index;
  }
};

inline void RequireRankingScratch(PrepareContext& context, const Tensor& x, int64_t axis) {
  if (x.count() == 0) return;
  context.RequireScratch(static_cast<int64_t>(WorkerCount(context.threads)), AxisSizes(x, axis).count, kRankedSize);
}

// Writes the first `k` elements along `axis`, in order, and where each came from; either result may be null.
template <typename T>
void Rank(KernelContext& context, const Tensor& x, int64_t axis, int64_t k, bool is_descending, Tensor* values,
          Tensor* places) {
  using Item = Ranked<Compute<T>>;
  static_assert(sizeof(Item) <= kRankedSize);
  if (x.count() == 0 || k == 0) return;
  const AxisSizes view(x, axis);
  ParallelForWorkers(context.threads, view.outer * view.inner, [&](size_t worker, int64_t row) {
    Item* items = static_cast<Item*>(context.scratch) + static_cast<int64_t>(worker) * view.count;
    const int64_t outer = row / view.inner, inner = row % view.inner;
    const T* from = x.as<T>() + outer * view.count * view.inner + inner;
    for (int64_t i = 0; i < view.count; ++i) items[i] = {static_cast<Compute<T>>(from[i * view.inner]), i};
    const Before<Compute<T>> before = {is_descending};
    if (k < view.count) std::nth_element(items, items + k, items + view.count, before);
    std::sort(items, items + k, before);
    for (int64_t i = 0; i < k; ++i) {
      const int64_t to = (outer * k + i) * view.inner + inner;
      if (values != nullptr) values->as<T>()[to] = from[items[i].index * view.inner];
      if (places != nullptr) places->as<int64_t>()[to] = items[i].index;
    }
  });
}

}  // namespace MTC_PORTABLE

#endif  // MTC_KERNELS_RANKING_H_
