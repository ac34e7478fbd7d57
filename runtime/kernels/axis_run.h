// Kernels that read a whole axis to compute each of its elements. Along the last axis a vector takes consecutive
// elements, along another one consecutive positions beside it.

#ifndef MTC_KERNELS_AXIS_RUN_H_
#define MTC_KERNELS_AXIS_RUN_H_

#include "core/thread_pool.h"
#include "generated/args.h"
#include "kernels/shape_rules.h"
#include "kernels/vector_math.h"
#include "selected_kernels.h"

namespace mtc::kernels {

// The operand has the axis, and the result its shape.
inline Status AlongAxis(PrepareContext& context, const Tensor* x, int64_t axis, Tensor* out) {
  int front;
  MTC_RETURN_IF_ERROR(NormalizeAxis(context, axis, x->rank, &front));
  return SameShape(context, x, out);
}

}  // namespace mtc::kernels

namespace MTC_PORTABLE {

inline constexpr int64_t kAxisGrain = 8192;  // elements worth another thread

// A tensor seen as [outer, count, inner], where the axis is the one in the middle.
struct AxisSizes {
  int64_t outer = 1, count = 1, inner = 1;

  AxisSizes(const Tensor& x, int64_t axis) {
    const int front = FrontAxis(axis, x.rank);
    for (int i = 0; i < x.rank; ++i) (i < front ? outer : i == front ? count : inner) *= x.dims[i];
  }
};

// One run along the axis, or as many as `lanes` side by side.
template <typename T>
struct AxisRun {
  int64_t count, inner, lanes;

  // Calls body(offset, lanes that count) for each Pack of the run.
  template <typename Body>
  MTC_INLINE void ForEach(const Body& body) const {
    constexpr int kWidth = kPackWidth<T>;
    if (inner == 1) {
      int64_t i = 0;
      for (; i + kWidth <= count; i += kWidth) body(i, kWidth);
      if (i < count) body(i, count - i);
    } else if (lanes == kWidth) {
      for (int64_t i = 0; i < count; ++i) body(i * inner, kWidth);
    } else {
      for (int64_t i = 0; i < count; ++i) body(i * inner, lanes);
    }
  }
  // What all lanes give together where they share a run.
  template <typename Join>
  MTC_INLINE Pack<T> Joined(Pack<T> v, const Join& join) const {
    if constexpr (kPackWidth < T >> 1) {
      if (inner == 1) return JoinLanes(v, join);
    }
    return v;
  }
};

// Calls body(run, x, out) for all runs along the axis.
template <typename T, typename Body>
MTC_INLINE void ForAxisRuns(KernelContext& context, const Tensor& x, int64_t axis, const Tensor& out,
                            const Body& body) {
  const AxisSizes sizes(x, axis);
  if (sizes.count == 0) return;
  const int64_t inner = sizes.inner, blocks = (inner + kPackWidth<T> - 1) / kPackWidth<T>;
  const int64_t work = sizes.count * (inner < kPackWidth<T> ? inner : kPackWidth<T>);
  ParallelFor(context.threads, sizes.outer * blocks, kAxisGrain / (work + 1) + 1, [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; ++task) {
      const int64_t column = task % blocks * kPackWidth<T>, left = inner - column;
      const int64_t offset = task / blocks * sizes.count * inner + column;
      const AxisRun<T> run = {sizes.count, inner, left < kPackWidth<T> ? left : kPackWidth<T>};
      body(run, x.as<T>() + offset, out.as<T>() + offset);
    }
  });
}

// The largest element and the sum of exp(x - largest), which goes through `keep(offset, powers, lanes)`.
template <typename T>
struct ExpSum {
  Pack<T> largest, total;
};
template <typename T, typename Keep>
MTC_INLINE ExpSum<T> SumOfExp(const AxisRun<T>& run, const T* x, const Keep& keep) {
  using P = Pack<T>;
  const P lowest = Fill<P>(-__builtin_inf());
  P largest = lowest, total = P{};
  run.ForEach([&](int64_t at, int64_t lanes) { largest = Max(largest, LoadPack(x + at, lanes, lowest)); });
  largest = run.Joined(largest, [](P a, P b) { return Max(a, b); });
  run.ForEach([&](int64_t at, int64_t lanes) {
    const P powers = Exp(LoadPack(x + at, lanes, lowest) - largest);
    keep(at, powers, lanes);
    total += powers;
  });
  return {largest, run.Joined(total, [](P a, P b) { return a + b; })};
}

}  // namespace MTC_PORTABLE

#endif  // MTC_KERNELS_AXIS_RUN_H_
