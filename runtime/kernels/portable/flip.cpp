#include "kernels/axes.h"
#include "kernels/strided.h"

namespace MTC_PORTABLE {

Status PrepareFlip(PrepareContext& context, const FlipArgs& args) {
  MTC_RETURN_IF_ERROR(CheckAxes(context, args.axes, args.x->rank));
  return SameShape(context, args.x, args.out);
}

template <typename T>
Status RunFlip(KernelContext& context, const FlipArgs& args) {
  const Tensor& x = *args.x;
  const Strides strides(x);
  StridedView view;
  for (int axis = 0; axis < x.rank; ++axis) {
    const bool is_reversed = PlaceOfAxis(args.axes, axis, x.rank) >= 0;
    if (is_reversed) view.offset += (x.dims[axis] - 1) * strides.at[axis];
    view.Add(x.dims[axis], is_reversed ? -strides.at[axis] : strides.at[axis]);
  }
  CopyStrided<Word<T>>(context.threads, x, *args.out, view);
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Flip)

}  // namespace MTC_PORTABLE
