#include "generated/args.h"
#include "kernels/qnnpack/pooling.h"
#include "selected_kernels.h"

namespace MTC_QNNPACK {

Status PrepareMaxPool2dQuantized(PrepareContext& context, const MaxPool2dArgs& args) {
  MTC_RETURN_IF_ERROR(CheckPooling(context, args, args.dilation));
  if (args.out->count() == 0) return Status::kOk;
  Choose<ChooseMaxPooling>();
  const Tensor &x = *args.x, &out = *args.out;
  const Steps limits = Limits(out, args.clamp);
  MTC_RETURN_IF_ERROR(Recreate(context, [&](pytorch_qnnp_operator_t* op) {
    return pytorch_qnnp_create_max_pooling2d_nhwc_u8(
        static_cast<uint32_t>(args.padding[0]), static_cast<uint32_t>(args.padding[2]),
        static_cast<uint32_t>(args.kernel_size[0]), static_cast<uint32_t>(args.kernel_size[1]),
        static_cast<uint32_t>(args.stride[0]), static_cast<uint32_t>(args.stride[1]),
        static_cast<uint32_t>(args.dilation[0]), static_cast<uint32_t>(args.dilation[1]),
        static_cast<size_t>(x.dims[3]), static_cast<uint8_t>(limits.low), static_cast<uint8_t>(limits.high),
        /*flags=*/0, op);
  }));
  pytorch_qnnp_operator* op = static_cast<OperatorState*>(context.state.get())->op.get();
  SetWindows(op, args, args.kernel_size[0], args.kernel_size[1], args.dilation);
  return SetImages(context, op, x, out);
}

template <typename T>
Status RunMaxPool2dQuantized(KernelContext& context, const MaxPool2dArgs& args) {
  if (args.out->count() == 0) return Status::kOk;
  return RunImages(context, static_cast<const OperatorState*>(context.state.get())->op, *args.x, *args.out);
}

MTC_QNNPACK_KERNEL(MaxPool2dQuantized)

}  // namespace MTC_QNNPACK
