#include "generated/args.h"
#include "kernels/quantized_rows.h"
#include "kernels/shape_rules.h"
#include "selected_kernels.h"

namespace MTC_PORTABLE {

Status PrepareLinearQuantized(PrepareContext& context, const LinearArgs& args) {
  const Tensor &x = *args.x, &weight = *args.weight;
  if (x.rank == 0 || weight.rank != 2 || weight.dims[1] != x.row_size()) {
    return context.Fail(Status::kInvalidArgument, "linear: x and weight do not fit");
  }
  if (args.bias != nullptr && (args.bias->rank != 1 || args.bias->dims[0] != weight.dims[0])) {
    return context.Fail(Status::kInvalidArgument, "linear: the bias does not fit");
  }
  MTC_RETURN_IF_ERROR(CheckClamp(context, args.clamp));
  int64_t dims[kMaxRank];
  for (int axis = 0; axis < x.rank; ++axis) dims[axis] = x.dims[axis];
  dims[x.rank - 1] = weight.dims[0];
  MTC_RETURN_IF_ERROR(context.Resize(args.out, {dims, x.rank}));
  return PrepareRequantization(context, x, weight, args.bias, *args.out, args.clamp, weight.dims[0]);
}

template <typename X, typename W>
Status RunLinearQuantized(KernelContext& context, const LinearArgs& args) {
  const int64_t depth = args.x->row_size();
  MultiplyQuantized(context.threads, args.out->rows(), args.weight->dims[0], depth,
                    *static_cast<const Requantization*>(context.state.get()), args.x->as<const StepType<X>>(),
                    args.weight->as<const StepType<W>>(), 1, depth, args.out->as<StepType<X>>());
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(LinearQuantized)

}  // namespace MTC_PORTABLE
