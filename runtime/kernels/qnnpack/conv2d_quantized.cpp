#include "generated/args.h"
#include "kernels/product_args.h"
#include "kernels/qnnpack/images.h"
#include "kernels/qnnpack/product.h"
#include "kernels/selected_types.h"
#include "selected_kernels.h"

namespace MTC_QNNPACK {
namespace {

constexpr bool kHasDense = MTC_HAS_VARIANT(qnnpack, Conv2dQuantized, dense, Qu8);
constexpr bool kHasDepthwise = MTC_HAS_VARIANT(qnnpack, Conv2dQuantized, depthwise, Qu8);
constexpr Densities kSelected = {kHasDense, kHasDepthwise, kHasDense};

pytorch_qnnp_ukernel_type KindOf(const Conv2dArgs& args) {
  const Tensor& weight = *args.weight;
  const int64_t height = weight.dims[1], width = weight.dims[2];
  if (kHasDepthwise && args.groups > 1 && args.groups == weight.dims[0] && weight.dims[3] == 1 && height == width &&
      (height == 3 || height == 5) && args.groups <= kMostChannels) {
    return pytorch_qnnp_ukernel_type_dwconv;
  }
  const bool is_product = height * width * args.stride[0] * args.stride[1] == 1 && args.padding[0] == 0 &&
                          args.padding[1] == 0 && args.padding[2] == 0 && args.padding[3] == 0;
  return is_product ? pytorch_qnnp_ukernel_type_gemm : pytorch_qnnp_ukernel_type_conv;
}

Status Make(PrepareContext& context, const Conv2dArgs& args) {
  Choose<ChooseGemm>();
  Choose<ChooseConvolution>();
  if constexpr (kHasDepthwise) Choose<ChooseDepthwise>();
  const Tensor& weight = *args.weight;
  const int64_t taps = weight.dims[1] * weight.dims[2], depth = weight.dims[3], channels = weight.dims[0] / args.groups;
  const WeightSizes sizes = {args.groups, channels, taps, depth, channels * taps * depth, taps * depth, depth, 1};
  MTC_RETURN_IF_ERROR(MakeProduct(context, KindOf(args), sizes, *args.x, weight, args.bias, *args.out, args.clamp));
  pytorch_qnnp_operator* op = static_cast<ProductState*>(context.state.get())->op.get();
  SetWindows(op, args, weight.dims[1], weight.dims[2], args.dilation);
  return Status::kOk;
}

}  // namespace

Status PrepareConv2dQuantized(PrepareContext& context, const Conv2dArgs& args) {
  MTC_RETURN_IF_ERROR(CheckConv2d(context, args));
  if (args.out->count() == 0) return Status::kOk;
  MTC_RETURN_IF_ERROR(kSelected.Check(context, args));
  auto* state = StateOf<ProductState>(context);
  if (state == nullptr) return OutOfMemory(context);
  if (state->op == nullptr) MTC_RETURN_IF_ERROR(Make(context, args));
  return SetImages(context, state->op.get(), *args.x, *args.out);
}

template <typename X, typename W>
Status RunConv2dQuantized(KernelContext& context, const Conv2dArgs& args) {
  if (args.out->count() == 0) return Status::kOk;
  return RunImages(context, static_cast<const ProductState*>(context.state.get())->op, *args.x, *args.out);
}

MTC_QNNPACK_KERNEL(Conv2dQuantized)

}  // namespace MTC_QNNPACK
