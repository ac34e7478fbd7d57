#include "kernels/strided.h"

namespace MTC_PORTABLE {

Status PrepareSlice(PrepareContext& context, const SliceArgs& args) {
  const Tensor& x = *args.x;
  if (args.begin.size() != x.rank || args.end.size() != x.rank || args.step.size() != x.rank) {
    return context.Fail(Status::kInvalidProgram, "begin, end and step have not %d sizes each", x.rank);
  }
  int64_t dims[kMaxRank];
  for (int axis = 0; axis < x.rank; ++axis) {
    const int64_t begin = args.begin[axis], end = args.end[axis], step = args.step[axis];
    if (begin < 0 || begin > end || end > x.dims[axis] || step < 1) {
      return context.Fail(Status::kInvalidArgument, "%lld..%lld in steps of %lld is not a part of %lld elements",
                          static_cast<long long>(begin), static_cast<long long>(end), static_cast<long long>(step),
                          static_cast<long long>(x.dims[axis]));
    }
    dims[axis] = begin == end ? 0 : (end - begin - 1) / step + 1;
  }
  return context.Resize(args.out, {dims, x.rank});
}

template <typename T>
Status RunSlice(KernelContext& context, const SliceArgs& args) {
  const Strides strides(*args.x);
  StridedView view;
  for (int axis = 0; axis < args.x->rank; ++axis) {
    view.offset += args.begin[axis] * strides.at[axis];
    const int64_t size = args.out->dims[axis];
    view.Add(size, size < 2 ? 0 : args.step[axis] * strides.at[axis]);
  }
  CopyStrided<Word<T>>(context.threads, *args.x, *args.out, view);
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Slice)

}  // namespace MTC_PORTABLE
