#include "generated/args.h"
#include "kernels/xnnpack/pooling.h"
#include "selected_kernels.h"

namespace MTC_XNNPACK {
namespace {

Status Build(KernelContext& context, const AvgPool2dArgs& args) {
  auto& state = *static_cast<PoolingState*>(context.state.get());
  const Tensor& x = *args.x;
  MTC_RETURN_IF_ERROR(Recreate(context, state.op, [&](xnn_operator_t* op) {
    return xnn_create_average_pooling2d_nhwc_f32(args.padding[0], state.padding_right, state.padding_bottom,
                                                 args.padding[2], args.kernel_size[0], args.kernel_size[1],
                                                 args.stride[0], args.stride[1], static_cast<float>(args.clamp[0]),
                                                 static_cast<float>(args.clamp[1]), /*flags=*/0, op);
  }));
  state.SetPitch(args.x, args.out);
  size_t alignment;
  return Check(context, xnn_reshape_average_pooling2d_nhwc_f32(state.op.get(), x.dims[0], x.dims[1], x.dims[2],
                                                               x.dims[3], x.pitch, args.out->pitch, &state.scratch,
                                                               &alignment, nullptr, nullptr, Threads(context)));
}

}  // namespace

Status PrepareAvgPool2d(PrepareContext& context, const AvgPool2dArgs& args) {
  // XNNPACK divides by the pixels that are inside the image.
  const bool has_padding = args.padding[0] != 0 || args.padding[1] != 0 || args.padding[2] != 0 || args.padding[3] != 0;
  if ((has_padding && args.count_include_pad) || args.divisor_override != 0) {
    return context.Fail(Status::kInvalidProgram, "avg_pool2d: padding counts");
  }
  constexpr int64_t kDilation[] = {1, 1};
  MTC_RETURN_IF_ERROR(PreparePooling(context, args, kDilation));
  if (args.out->count() == 0) return Status::kOk;
  MTC_RETURN_IF_ERROR(Build(context, args));
  context.RequireScratch(static_cast<PoolingState*>(context.state.get())->scratch);
  return Status::kOk;
}

template <typename T>
Status RunAvgPool2d(KernelContext& context, const AvgPool2dArgs& args) {
  if (args.out->count() == 0) return Status::kOk;
  auto& state = *static_cast<PoolingState*>(context.state.get());
  if (!state.HasPitch(args.x, args.out)) MTC_RETURN_IF_ERROR(Build(context, args));
  MTC_RETURN_IF_ERROR(Check(context, xnn_setup_average_pooling2d_nhwc_f32(state.op.get(), context.scratch,
                                                                          args.x->as<const T>(), args.out->as<T>())));
  return RunOperator(context, state.op);
}

MTC_XNNPACK_KERNEL(AvgPool2d)

}  // namespace MTC_XNNPACK
