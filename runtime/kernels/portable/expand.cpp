#include "kernels/strided.h"

namespace MTC_PORTABLE {

Status PrepareExpand(PrepareContext& context, const ExpandArgs& args) {
  const Tensor& x = *args.x;
  const int added = static_cast<int>(args.shape.size()) - x.rank;
  if (added < 0 || args.shape.size() > kMaxRank) {
    return context.Fail(Status::kInvalidProgram, "rank %d is expanded to %zu", x.rank, args.shape.size());
  }
  for (int axis = 0; axis < added + x.rank; ++axis) {
    const int64_t size = args.shape[axis];
    if (size < 0 || (axis >= added && x.dims[axis - added] != 1 && x.dims[axis - added] != size)) {
      return context.Fail(Status::kInvalidArgument, "axis %d is not expanded to %lld", axis,
                          static_cast<long long>(size));
    }
  }
  return context.Resize(args.out, args.shape);
}

template <typename T>
Status RunExpand(KernelContext& context, const ExpandArgs& args) {
  const Tensor &x = *args.x, &out = *args.out;
  const Strides strides(x);
  StridedView view;
  for (int axis = 0; axis < out.rank; ++axis) {
    const int own = axis - (out.rank - x.rank);
    view.Add(out.dims[axis], own < 0 || x.dims[own] == 1 ? 0 : strides.at[own]);
  }
  CopyStrided<Word<T>>(context.threads, x, out, view);
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Expand)

}  // namespace MTC_PORTABLE
