// Where along an axis the largest or smallest element stands.

#ifndef MTC_KERNELS_ARG_REDUCE_H_
#define MTC_KERNELS_ARG_REDUCE_H_

#include "core/thread_pool.h"
#include "generated/args.h"
#include "kernels/shape_rules.h"
#include "kernels/simd.h"
#include "selected_kernels.h"

namespace MTC_PORTABLE {

inline constexpr int64_t kArgGrain = 4096;  // elements worth another thread

template <typename Args>
Status PrepareArgReduction(PrepareContext& context, const Args& args) {
  const Tensor& x = *args.x;
  int where;
  MTC_RETURN_IF_ERROR(NormalizeAxis(context, args.axis, x.rank, &where));
  int64_t dims[kMaxRank];
  size_t rank = 0;
  for (int axis = 0; axis < x.rank; ++axis) {
    if (axis != where) {
      dims[rank++] = x.dims[axis];
    } else if (args.keepdim) {
      dims[rank++] = 1;
    }
  }
  if (x.rank > 0 && x.dims[where] == 0) return context.Fail(Status::kInvalidArgument, "nothing to choose from");
  return context.Resize(args.out, {dims, rank});
}

// The first element that `is_better` than all before it; a NaN is better than any number.
template <typename T, typename Args, typename IsBetter>
void ArgReduce(KernelContext& context, const Args& args, const IsBetter& is_better) {
  const Tensor& x = *args.x;
  const int where = FrontAxis(args.axis, x.rank);
  const int64_t length = x.rank == 0 ? 1 : x.dims[where];
  int64_t inner = 1;
  for (int axis = where + 1; axis < x.rank; ++axis) inner *= x.dims[axis];
  auto* out = args.out->template as<int64_t>();
  ParallelFor(context.threads, args.out->count(), kArgGrain / (length + 1) + 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const T* from = x.as<T>() + i / inner * length * inner + i % inner;
      auto best = static_cast<Compute<T>>(from[0]);
      int64_t at = 0;
      for (int64_t k = 1; k < length && best == best; ++k) {
        const auto value = static_cast<Compute<T>>(from[k * inner]);
        if (is_better(value, best) || value != value) {
          best = value;
          at = k;
        }
      }
      out[i] = at;
    }
  });
}

}  // namespace MTC_PORTABLE

#endif  // MTC_KERNELS_ARG_REDUCE_H_
