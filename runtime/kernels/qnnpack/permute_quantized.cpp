#include "generated/args.h"
#include "kernels/qnnpack/rows.h"
#include "selected_kernels.h"

namespace MTC_QNNPACK {

// QNNPACK's "channel shuffle": groups of channels become channels of groups, the last two axes trade places.
Status PreparePermuteQuantized(PrepareContext& context, const PermuteArgs& args) {
  const Tensor& x = *args.x;
  const int rank = x.rank;
  if (args.dims.size() != static_cast<size_t>(rank) || rank < 2) {
    return context.Fail(Status::kInvalidProgram, "permute: a tensor of rank %d", rank);
  }
  int64_t dims[kMaxRank];
  for (int axis = 0; axis < rank; ++axis) {
    const int from = axis < rank - 2 ? axis : axis == rank - 2 ? rank - 1 : rank - 2;
    if (FrontAxis(args.dims[axis], rank) != from) {
      return context.Fail(Status::kInvalidProgram, "permute: not of the last two axes");
    }
    dims[axis] = x.dims[from];
  }
  MTC_RETURN_IF_ERROR(context.Resize(args.out, {dims, static_cast<size_t>(rank)}));
  if (args.out->count() == 0) return Status::kOk;
  Choose<ChooseShuffle>();
  return Recreate(context, [&](pytorch_qnnp_operator_t* op) {
    return pytorch_qnnp_create_channel_shuffle_nc_x8(static_cast<size_t>(x.dims[rank - 2]),
                                                     static_cast<size_t>(x.dims[rank - 1]), /*flags=*/0, op);
  });
}

template <typename T>
Status RunPermuteQuantized(KernelContext& context, const PermuteArgs& args) {
  if (args.out->count() == 0) return Status::kOk;
  const Tensor& x = *args.x;
  const Operator& op = static_cast<const OperatorState*>(context.state.get())->op;
  const auto image = static_cast<size_t>(x.dim(-2) * x.dim(-1));
  MTC_RETURN_IF_ERROR(Check(
      context, pytorch_qnnp_setup_channel_shuffle_nc_x8(op.get(), static_cast<size_t>(x.count()) / image,
                                                        x.as<const uint8_t>(), image, args.out->as<uint8_t>(), image)));
  return RunOperator(context, op);
}

MTC_QNNPACK_KERNEL(PermuteQuantized)

}  // namespace MTC_QNNPACK
