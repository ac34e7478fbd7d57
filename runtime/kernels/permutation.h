#ifndef MTC_KERNELS_PERMUTATION_H_
#define MTC_KERNELS_PERMUTATION_H_

#include "kernels/strided.h"

namespace MTC_PORTABLE {

#if MTC_ISA_LEVEL == 0
inline Status PreparePermutation(PrepareContext& context, const PermuteArgs& args) {
  const Tensor& x = *args.x;
  int64_t dims[kMaxRank];
  unsigned seen = 0;
  for (size_t i = 0; i < args.dims.size() && i < x.rank; ++i) {
    const int64_t axis = args.dims[i];
    if (axis < 0 || axis >= x.rank) break;
    seen |= 1u << axis;
    dims[i] = x.dims[axis];
  }
  if (args.dims.size() != x.rank || seen != (1u << x.rank) - 1) {
    return context.Fail(Status::kInvalidProgram, "dims do not name each of %d axes once", x.rank);
  }
  return context.Resize(args.out, {dims, x.rank});
}
#endif

template <typename T>
void CopyPermuted(KernelContext& context, const PermuteArgs& args) {
  const Strides strides(*args.x);
  StridedView view;
  for (const int64_t axis : args.dims) view.Add(args.x->dims[axis], strides.at[axis]);
  CopyStrided<Word<T>>(context.threads, *args.x, *args.out, view);
}

}  // namespace MTC_PORTABLE

#endif  // MTC_KERNELS_PERMUTATION_H_
