#include "kernels/selected_types.h"
#include "kernels/xnnpack/resize.h"
#include "selected_kernels.h"

namespace MTC_XNNPACK {
namespace {

template <typename Q>
Status Build(KernelContext& context, const UpsampleBilinear2dArgs& args) {
  auto& state = *static_cast<OperatorState*>(context.state.get());
  const Tensor& x = *args.x;
  const auto build = [&](auto* create, auto* reshape) {
    MTC_RETURN_IF_ERROR(Recreate(context, state.op, [&](xnn_operator_t* op) {
      return create(args.size[0], args.size[1], args.align_corners ? XNN_FLAG_ALIGN_CORNERS : 0, op);
    }));
    size_t bytes, alignment;
    return Check(context, reshape(state.op.get(), x.dims[0], x.dims[1], x.dims[2], x.dims[3], x.pitch, args.out->pitch,
                                  &bytes, &alignment, Threads(context)));
  };
  if constexpr (std::is_same_v<Q, Qi8>) {
    return build(xnn_create_resize_bilinear2d_nhwc_s8, xnn_reshape_resize_bilinear2d_nhwc_s8);
  } else {
    return build(xnn_create_resize_bilinear2d_nhwc_u8, xnn_reshape_resize_bilinear2d_nhwc_u8);
  }
}

}  // namespace

Status PrepareUpsampleBilinear2dQuantized(PrepareContext& context, const UpsampleBilinear2dArgs& args) {
  MTC_RETURN_IF_ERROR(CheckUpsampleBilinear2d(context, args));
  const Quantization &x = *args.x->quantization, &out = *args.out->quantization;
  if (x.axis >= 0 || out.axis >= 0 || x.scale != out.scale || x.zero_point != out.zero_point) {
    return context.Fail(Status::kInvalidProgram, "upsample_bilinear2d: the result has another scale or zero point");
  }
  if (StateOf<OperatorState>(context) == nullptr) return OutOfMemory(context);
  if (args.out->count() == 0) return Status::kOk;
  return MTC_XNNPACK_TYPES(UpsampleBilinear2dQuantized)::With(
      context, args.x->dtype, [&](auto element) { return Build<decltype(element)>(context, args); });
}

template <typename Q>
Status RunUpsampleBilinear2dQuantized(KernelContext& context, const UpsampleBilinear2dArgs& args) {
  if (args.out->count() == 0) return Status::kOk;
  using Step = decltype(Q::steps);
  const auto& state = *static_cast<const OperatorState*>(context.state.get());
  xnn_status status;
  if constexpr (std::is_same_v<Q, Qi8>) {
    status =
        xnn_setup_resize_bilinear2d_nhwc_s8(state.op.get(), nullptr, args.x->as<const Step>(), args.out->as<Step>());
  } else {
    status =
        xnn_setup_resize_bilinear2d_nhwc_u8(state.op.get(), nullptr, args.x->as<const Step>(), args.out->as<Step>());
  }
  MTC_RETURN_IF_ERROR(Check(context, status));
  return RunOperator(context, state.op);
}

MTC_XNNPACK_KERNEL(UpsampleBilinear2dQuantized)

}  // namespace MTC_XNNPACK
