#include <algorithm>
#include <cstring>

#include "generated/args.h"
#include "kernels/shape_rules.h"
#include "kernels/xnnpack/operator.h"
#include "selected_kernels.h"

namespace MTC_XNNPACK {

Status PrepareMatmul(PrepareContext& context, const MatmulArgs& args) {
  const Tensor& x = *args.x;
  const Tensor& y = *args.y;
  if (x.rank < 2 || y.rank < 2 || std::max(x.rank, y.rank) - 2 > XNN_MAX_TENSOR_DIMS) {
    return context.Fail(Status::kInvalidProgram, "matmul: operands of rank %d and %d", x.rank, y.rank);
  }
  const int64_t rows = x.dim(-2), depth = x.dim(-1);
  const int64_t columns = args.transpose_y ? y.dim(-2) : y.dim(-1);
  if (depth != (args.transpose_y ? y.dim(-1) : y.dim(-2))) {
    return context.Fail(Status::kInvalidArgument, "matmul: %lld columns by another number of rows",
                        static_cast<long long>(depth));
  }
  const int batch_rank = std::max(x.rank, y.rank) - 2;
  int64_t dims[kMaxRank];
  size_t x_batch[kMaxRank], y_batch[kMaxRank];
  for (int i = 0; i < batch_rank; ++i) {
    const int own_x = i - (batch_rank - (x.rank - 2)), own_y = i - (batch_rank - (y.rank - 2));
    x_batch[i] = own_x < 0 ? 1 : x.dims[own_x];
    y_batch[i] = own_y < 0 ? 1 : y.dims[own_y];
    if (x_batch[i] != y_batch[i] && x_batch[i] != 1 && y_batch[i] != 1) {
      return context.Fail(Status::kInvalidArgument, "matmul: sizes %zu and %zu cannot be broadcast", x_batch[i],
                          y_batch[i]);
    }
    dims[i] = x_batch[i] == 1 ? y_batch[i] : x_batch[i];
  }
  dims[batch_rank] = rows;
  dims[batch_rank + 1] = columns;
  MTC_RETURN_IF_ERROR(context.Resize(args.out, {dims, static_cast<size_t>(batch_rank) + 2}));
  auto* state = StateOf<OperatorState>(context);
  if (state == nullptr) return OutOfMemory(context);
  if (args.out->count() == 0 || depth == 0) return Status::kOk;
  if (state->op == nullptr) {
    MTC_RETURN_IF_ERROR(Recreate(context, state->op, [&](xnn_operator_t* op) {
      return xnn_create_batch_matrix_multiply_nc_f32(args.transpose_y ? XNN_FLAG_TRANSPOSE_B : 0, op);
    }));
  }
  size_t bytes = 0, alignment = 0;
  MTC_RETURN_IF_ERROR(
      Check(context, xnn_reshape_batch_matrix_multiply_nc_f32(state->op.get(), batch_rank, x_batch, y_batch, rows,
                                                              depth, columns, &bytes, &alignment, Threads(context))));
  context.RequireScratch(bytes);
  return Status::kOk;
}

template <typename T>
Status RunMatmul(KernelContext& context, const MatmulArgs& args) {
  if (args.out->count() == 0) return Status::kOk;
  if (args.x->dim(-1) == 0) {
    std::memset(args.out->data, 0, args.out->count() * sizeof(T));
    return Status::kOk;
  }
  const auto& state = *static_cast<const OperatorState*>(context.state.get());
  MTC_RETURN_IF_ERROR(
      Check(context, xnn_setup_batch_matrix_multiply_nc_f32(state.op.get(), context.scratch, args.x->as<const T>(),
                                                            args.y->as<const T>(), args.out->as<T>())));
  return RunOperator(context, state.op);
}

MTC_XNNPACK_KERNEL(Matmul)

}  // namespace MTC_XNNPACK
