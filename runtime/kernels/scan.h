// Running sums and products along an axis.

#ifndef MTC_KERNELS_SCAN_H_
#define MTC_KERNELS_SCAN_H_

#include "kernels/axis_run.h"
#include "kernels/elementwise.h"

namespace MTC_PORTABLE {

// out[i] = combine(out[i - 1], x[i]) along `axis`. Columns are taken a few at a time, whose totals stay in registers.
template <typename T, typename Combine>
void ScanAxis(KernelContext& context, const Tensor& x, const Tensor& out, int64_t axis, Compute<T> start,
              const Combine& combine) {
  using C = Compute<T>;
  constexpr int64_t kColumns = 16;
  if (x.count() == 0) return;
  const AxisSizes view(x, axis);
  const int64_t blocks = (view.inner + kColumns - 1) / kColumns;
  const int64_t grain = 1 + kElementGrain / 4 / (view.count * (view.inner < kColumns ? view.inner : kColumns));
  ParallelFor(context.threads, view.outer * blocks, grain, [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; ++task) {
      const int64_t column = task % blocks * kColumns;
      const int64_t count = view.inner - column < kColumns ? view.inner - column : kColumns;
      const int64_t first = task / blocks * view.count * view.inner + column;
      const T* from = x.as<T>() + first;
      T* to = out.as<T>() + first;
      C totals[kColumns];
      for (C& total : totals) total = start;
      for (int64_t i = 0; i < view.count; ++i, from += view.inner, to += view.inner) {
        for (int64_t j = 0; j < count; ++j) {
          totals[j] = combine(totals[j], static_cast<C>(from[j]));
          to[j] = static_cast<T>(totals[j]);
        }
      }
    }
  });
}

}  // namespace MTC_PORTABLE

#endif  // MTC_KERNELS_SCAN_H_
