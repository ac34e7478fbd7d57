#include "generated/args.h"
#include "kernels/matrices.h"
#include "kernels/quantized_rows.h"
#include "selected_kernels.h"

namespace MTC_PORTABLE {

Status PrepareMatmulQuantized(PrepareContext& context, const MatmulArgs& args) {
  MTC_RETURN_IF_ERROR(CheckMatrices(context, *args.x, *args.y, args.transpose_y, args.out));
  if (args.y->quantization->axis >= 0) return context.Fail(Status::kInvalidProgram, "several scales of a matrix");
  return PrepareRequantization(context, *args.x, *args.y, nullptr, *args.out, {}, args.out->dim(-1));
}

template <typename T>
Status RunMatmulQuantized(KernelContext& context, const MatmulArgs& args) {
  using Step = StepType<T>;
  const Tensor &x = *args.x, &y = *args.y, &out = *args.out;
  if (out.count() == 0) return Status::kOk;
  const int64_t rows = x.dim(-2), depth = x.dim(-1), columns = out.dim(-1);
  const auto& q = *static_cast<const Requantization*>(context.state.get());
  for (int64_t i = 0; i < out.count() / (rows * columns); ++i) {
    MultiplyQuantized(context.threads, rows, columns, depth, q, x.as<const Step>() + MatrixOf(x, out, i) * rows * depth,
                      y.as<const Step>() + MatrixOf(y, out, i) * depth * columns, args.transpose_y ? 1 : columns,
                      args.transpose_y ? depth : 1, out.as<Step>() + i * rows * columns);
  }
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(MatmulQuantized)

}  // namespace MTC_PORTABLE
