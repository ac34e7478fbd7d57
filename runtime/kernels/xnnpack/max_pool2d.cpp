#include "generated/args.h"
#include "kernels/xnnpack/pooling.h"
#include "selected_kernels.h"

namespace MTC_XNNPACK {
namespace {

Status Build(KernelContext& context, const MaxPool2dArgs& args) {
  auto& state = *static_cast<PoolingState*>(context.state.get());
  const Tensor& x = *args.x;
  MTC_RETURN_IF_ERROR(Recreate(context, state.op, [&](xnn_operator_t* op) {
    return xnn_create_max_pooling2d_nhwc_f32(args.padding[0], state.padding_right, state.padding_bottom,
                                             args.padding[2], args.kernel_size[0], args.kernel_size[1], args.stride[0],
                                             args.stride[1], args.dilation[0], args.dilation[1],
                                             static_cast<float>(args.clamp[0]), static_cast<float>(args.clamp[1]),
                                             /*flags=*/0, op);
  }));
  state.SetPitch(args.x, args.out);
  return Check(context,
               xnn_reshape_max_pooling2d_nhwc_f32(state.op.get(), x.dims[0], x.dims[1], x.dims[2], x.dims[3], x.pitch,
                                                  args.out->pitch, nullptr, nullptr, Threads(context)));
}

}  // namespace

Status PrepareMaxPool2d(PrepareContext& context, const MaxPool2dArgs& args) {
  if ((args.kernel_size[0] == 1 && args.kernel_size[1] == 1) || args.stride[0] > args.kernel_size[0] ||
      args.stride[1] > args.kernel_size[1]) {
    return context.Fail(Status::kInvalidProgram, "max_pool2d: windows of one pixel, or that leave out pixels");
  }
  MTC_RETURN_IF_ERROR(PreparePooling(context, args, args.dilation));
  // XNNPACK takes a pixel of the border for one outside, which only a window without gaps contains.
  const auto& state = *static_cast<const PoolingState*>(context.state.get());
  const int64_t outside[] = {args.padding[0] + state.padding_bottom, args.padding[2] + state.padding_right};
  for (int i = 0; i < 2; ++i) {
    if (args.dilation[i] > 1 && args.kernel_size[i] > 1 && outside[i] > 0) {
      return context.Fail(Status::kInvalidProgram, "max_pool2d: a dilated window over padding");
    }
  }
  return args.out->count() == 0 ? Status::kOk : Build(context, args);
}

template <typename T>
Status RunMaxPool2d(KernelContext& context, const MaxPool2dArgs& args) {
  if (args.out->count() == 0) return Status::kOk;
  auto& state = *static_cast<PoolingState*>(context.state.get());
  if (!state.HasPitch(args.x, args.out)) MTC_RETURN_IF_ERROR(Build(context, args));
  MTC_RETURN_IF_ERROR(
      Check(context, xnn_setup_max_pooling2d_nhwc_f32(state.op.get(), args.x->as<const T>(), args.out->as<T>())));
  return RunOperator(context, state.op);
}

MTC_XNNPACK_KERNEL(MaxPool2d)

}  // namespace MTC_XNNPACK
