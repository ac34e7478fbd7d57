#include "generated/args.h"
#include "kernels/xnnpack/operator.h"
#include "selected_kernels.h"

namespace MTC_XNNPACK {

Status PreparePermute(PrepareContext& context, const PermuteArgs& args) {
  const Tensor& x = *args.x;
  if (x.rank < 1 || x.rank > XNN_MAX_TENSOR_DIMS || args.dims.size() != x.rank) {
    return context.Fail(Status::kInvalidProgram, "permute: of rank %d", x.rank);
  }
  int64_t dims[XNN_MAX_TENSOR_DIMS];
  size_t shape[XNN_MAX_TENSOR_DIMS], order[XNN_MAX_TENSOR_DIMS];
  uint32_t seen = 0;
  for (int i = 0; i < x.rank; ++i) {
    const int64_t axis = args.dims[i];
    if (axis < 0 || axis >= x.rank || (seen >> axis & 1) != 0) {
      return context.Fail(Status::kInvalidProgram, "permute: not an order of the axes");
    }
    seen |= 1u << axis;
    dims[i] = x.dims[axis];
    order[i] = static_cast<size_t>(axis);
    shape[i] = static_cast<size_t>(x.dims[i]);
  }
  MTC_RETURN_IF_ERROR(context.Resize(args.out, {dims, x.rank}));
  auto* state = StateOf<OperatorState>(context);
  if (state == nullptr) return OutOfMemory(context);
  if (args.out->count() == 0) return Status::kOk;
  if (state->op == nullptr) {
    MTC_RETURN_IF_ERROR(
        Recreate(context, state->op, [](xnn_operator_t* op) { return xnn_create_transpose_nd_x32(/*flags=*/0, op); }));
  }
  return Check(context, xnn_reshape_transpose_nd_x32(state->op.get(), x.rank, shape, order, Threads(context)));
}

template <typename T>
Status RunPermute(KernelContext& context, const PermuteArgs& args) {
  static_assert(sizeof(T) == 4);
  if (args.out->count() == 0) return Status::kOk;
  const auto& state = *static_cast<const OperatorState*>(context.state.get());
  MTC_RETURN_IF_ERROR(Check(context, xnn_setup_transpose_nd_x32(state.op.get(), args.x->data, args.out->data)));
  return RunOperator(context, state.op);
}

MTC_XNNPACK_KERNEL(Permute)

}  // namespace MTC_XNNPACK
