#include "kernels/xnnpack/resize.h"
#include "selected_kernels.h"

namespace MTC_XNNPACK {
namespace {

Status Build(KernelContext& context, const UpsampleBilinear2dArgs& args) {
  auto& state = *static_cast<OperatorState*>(context.state.get());
  const Tensor& x = *args.x;
  MTC_RETURN_IF_ERROR(Recreate(context, state.op, [&](xnn_operator_t* op) {
    return xnn_create_resize_bilinear2d_nhwc_f32(args.size[0], args.size[1],
                                                 args.align_corners ? XNN_FLAG_ALIGN_CORNERS : 0, op);
  }));
  size_t bytes, alignment;
  return Check(context,
               xnn_reshape_resize_bilinear2d_nhwc_f32(state.op.get(), x.dims[0], x.dims[1], x.dims[2], x.dims[3],
                                                      x.pitch, args.out->pitch, &bytes, &alignment, Threads(context)));
}

}  // namespace

Status PrepareUpsampleBilinear2d(PrepareContext& context, const UpsampleBilinear2dArgs& args) {
  MTC_RETURN_IF_ERROR(CheckUpsampleBilinear2d(context, args));
  if (StateOf<OperatorState>(context) == nullptr) return OutOfMemory(context);
  return args.out->count() == 0 ? Status::kOk : Build(context, args);
}

template <typename T>
Status RunUpsampleBilinear2d(KernelContext& context, const UpsampleBilinear2dArgs& args) {
  if (args.out->count() == 0) return Status::kOk;
  const auto& state = *static_cast<const OperatorState*>(context.state.get());
  MTC_RETURN_IF_ERROR(Check(context, xnn_setup_resize_bilinear2d_nhwc_f32(state.op.get(), nullptr,
                                                                          args.x->as<const T>(), args.out->as<T>())));
  return RunOperator(context, state.op);
}

MTC_XNNPACK_KERNEL(UpsampleBilinear2d)

}  // namespace MTC_XNNPACK
