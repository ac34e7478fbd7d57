#include "generated/args.h"
#include "kernels/xnnpack/operator.h"
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
  constexpr int64_t kLargest = (1 << 24) - 1;  // XNNPACK computes positions in f32
  const Tensor& x = *args.x;
  if (args.layout != Layout::kNhwc || x.rank != 4 || args.size.size() != 2) {
    return context.Fail(Status::kInvalidProgram, "upsample_bilinear2d: not of a batch of images, channels last");
  }
  for (int i = 0; i < 2; ++i) {
    const int64_t from = x.dims[1 + i], to = args.size[i];
    if (from < 1 || to < 1 || from > kLargest || to > kLargest) {
      return context.Fail(Status::kInvalidArgument, "upsample_bilinear2d: %lld to %lld pixels",
                          static_cast<long long>(from), static_cast<long long>(to));
    }
    // It takes the factor from the sizes, and divides by one less.
    const double scale = args.scales[i];
    if (!args.align_corners && scale > 0 && static_cast<double>(from) * scale != static_cast<double>(to)) {
      return context.Fail(Status::kInvalidProgram, "upsample_bilinear2d: the factor is not the ratio of the sizes");
    }
    if (args.align_corners && to == 1) {
      return context.Fail(Status::kInvalidProgram, "upsample_bilinear2d: corners of one pixel");
    }
  }
  const int64_t dims[] = {x.dims[0], args.size[0], args.size[1], x.dims[3]};
  MTC_RETURN_IF_ERROR(context.Resize(args.out, dims));
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
