// Running sums, products and extremes along an axis.

#ifndef MTC_KERNELS_SCAN_H_
#define MTC_KERNELS_SCAN_H_

#include "kernels/axis_run.h"
#include "kernels/elementwise.h"

namespace MTC_PORTABLE {

// What a running total of elements of type T is kept in: its error grows with every element, so that floats are joined
// in double precision, as torch does.
template <typename T>
using Total = std::conditional_t<std::is_floating_point_v<Compute<T>>, double, Compute<T>>;

// out[i] = combine(out[i - 1], x[i]) along `axis`. Columns are taken a few at a time, whose totals stay in registers.
template <typename T, typename Combine>
void ScanAxis(KernelContext& context, const Tensor& x, const Tensor& out, int64_t axis, Total<T> start,
              const Combine& combine) {
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
      Total<T> totals[kColumns];
      for (Total<T>& total : totals) total = start;
      for (int64_t i = 0; i < view.count; ++i, from += view.inner, to += view.inner) {
        for (int64_t j = 0; j < count; ++j) {
          totals[j] = combine(totals[j], static_cast<Total<T>>(static_cast<Compute<T>>(from[j])));
          to[j] = static_cast<T>(static_cast<Compute<T>>(totals[j]));
        }
      }
    }
  });
}

template <typename Args>
Status PrepareRunningExtreme(PrepareContext& context, const Args& args) {
  MTC_RETURN_IF_ERROR(AlongAxis(context, args.x, args.axis, args.out0 != nullptr ? args.out0 : args.out1));
  return args.out0 == nullptr || args.out1 == nullptr ? Status::kOk : SameShape(context, args.x, args.out1);
}

// The element that is the last to be at least as good as all up to each, and where it stands; NaN is better than any
// number.
template <typename T, typename Args, typename IsAsGood>
void RunningExtreme(KernelContext& context, const Args& args, const IsAsGood& is_as_good) {
  const Tensor& x = *args.x;
  if (x.count() == 0) return;
  const AxisSizes view(x, args.axis);
  ParallelFor(
      context.threads, view.outer * view.inner, 1 + kElementGrain / view.count, [&](int64_t begin, int64_t end) {
        for (int64_t run = begin; run < end; ++run) {
          const int64_t first = run / view.inner * view.count * view.inner + run % view.inner;
          const T* from = x.as<T>() + first;
          T* to = args.out0 == nullptr ? nullptr : args.out0->template as<T>() + first;
          int64_t* places = args.out1 == nullptr ? nullptr : args.out1->template as<int64_t>() + first;
          T best = from[0];
          int64_t at = 0;
          for (int64_t i = 0; i < view.count; ++i) {
            const auto value = static_cast<Compute<T>>(from[i * view.inner]), known = static_cast<Compute<T>>(best);
            if (value != value || is_as_good(value, known)) {
              best = from[i * view.inner];
              at = i;
            }
            if (to != nullptr) to[i * view.inner] = best;
            if (places != nullptr) places[i * view.inner] = at;
          }
        }
      });
}

}  // namespace MTC_PORTABLE

#endif  // MTC_KERNELS_SCAN_H_
