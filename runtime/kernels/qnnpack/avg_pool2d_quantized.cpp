#include <algorithm>

#include "generated/args.h"
#include "kernels/qnnpack/pooling.h"
#include "selected_kernels.h"

namespace MTC_QNNPACK {

Status PrepareAvgPool2dQuantized(PrepareContext& context, const AvgPool2dArgs& args) {
  constexpr int64_t kNoDilation[] = {1, 1};
  MTC_RETURN_IF_ERROR(CheckPooling(context, args, kNoDilation));
  if (args.out->count() == 0) return Status::kOk;
  Choose<ChooseAveragePooling>();
  const Tensor &x = *args.x, &out = *args.out;
  const Steps limits = Limits(out, args.clamp);
  MTC_RETURN_IF_ERROR(Recreate(context, [&](pytorch_qnnp_operator_t* op) {
    // Where there is padding on any side, the operator has pixels to read there.
    const auto padding = [&](int axis) {
      return static_cast<uint32_t>(std::max(args.padding[2 * axis], args.padding[2 * axis + 1]));
    };
    return pytorch_qnnp_create_average_pooling2d_nhwc_q8(
        padding(0), padding(1), static_cast<uint32_t>(args.kernel_size[0]), static_cast<uint32_t>(args.kernel_size[1]),
        static_cast<uint32_t>(args.stride[0]), static_cast<uint32_t>(args.stride[1]), static_cast<size_t>(x.dims[3]),
        ZeroPoint(x), x.quantization->scale, ZeroPoint(out), out.quantization->scale, static_cast<uint8_t>(limits.low),
        static_cast<uint8_t>(limits.high), /*flags=*/0, op);
  }));
  pytorch_qnnp_operator* op = static_cast<OperatorState*>(context.state.get())->op.get();
  SetWindows(op, args, args.kernel_size[0], args.kernel_size[1], kNoDilation);
  return SetImages(context, op, x, out);
}

template <typename T>
Status RunAvgPool2dQuantized(KernelContext& context, const AvgPool2dArgs& args) {
  if (args.out->count() == 0) return Status::kOk;
  return RunImages(context, static_cast<const OperatorState*>(context.state.get())->op, *args.x, *args.out);
}

MTC_QNNPACK_KERNEL(AvgPool2dQuantized)

}  // namespace MTC_QNNPACK
