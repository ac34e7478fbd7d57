#include "generated/args.h"
#include "kernels/qnnpack/rows.h"
#include "selected_kernels.h"

namespace MTC_QNNPACK {

// QNNPACK's "softargmax".
Status PrepareSoftmaxQuantized(PrepareContext& context, const SoftmaxArgs& args) {
  const Tensor &x = *args.x, &out = *args.out;
  int axis = 0;
  MTC_RETURN_IF_ERROR(NormalizeAxis(context, args.axis, x.rank, &axis));
  constexpr int64_t kMost = 512;  // beyond which its sums do not fit 32 bits
  if (axis != (x.rank > 0 ? x.rank - 1 : 0) || x.row_size() > kMost) {
    return context.Fail(Status::kInvalidProgram, "softmax: not along the last axis, or more than %lld elements",
                        static_cast<long long>(kMost));
  }
  Choose<ChooseSoftmax>();
  return PrepareRows(context, x, args.out, [&](size_t channels, pytorch_qnnp_operator_t* op) {
    return pytorch_qnnp_create_softargmax_nc_q8(channels, x.quantization->scale, ZeroPoint(out),
                                                out.quantization->scale, /*flags=*/0, op);
  });
}

template <typename T>
Status RunSoftmaxQuantized(KernelContext& context, const SoftmaxArgs& args) {
  return RunRows(context, *args.x, *args.out, pytorch_qnnp_setup_softargmax_nc_q8);
}

MTC_QNNPACK_KERNEL(SoftmaxQuantized)

}  // namespace MTC_QNNPACK
