#include "generated/args.h"
#include "kernels/product_args.h"
#include "kernels/qnnpack/images.h"
#include "kernels/qnnpack/product.h"
#include "selected_kernels.h"

namespace MTC_QNNPACK {
namespace {

Status Make(PrepareContext& context, const ConvTranspose2dArgs& args) {
  Choose<ChooseConvolution>();
  const Tensor& weight = *args.weight;
  const int64_t taps = weight.dims[1] * weight.dims[2], depth = weight.dims[0] / args.groups, channels = weight.dims[3];
  const WeightSizes sizes = {args.groups, channels, taps, depth, depth * taps * channels, 1, channels, taps * channels};
  MTC_RETURN_IF_ERROR(
      MakeProduct(context, pytorch_qnnp_ukernel_type_conv, sizes, *args.x, weight, args.bias, *args.out, args.clamp));
  pytorch_qnnp_operator* op = static_cast<ProductState*>(context.state.get())->op.get();
  op->transpose = true;
  SetWindows(op, args, weight.dims[1], weight.dims[2], args.dilation);
  return Status::kOk;
}

}  // namespace

Status PrepareConvTranspose2dQuantized(PrepareContext& context, const ConvTranspose2dArgs& args) {
  MTC_RETURN_IF_ERROR(CheckConvTranspose2d(context, args));
  if (args.out->count() == 0) return Status::kOk;
  auto* state = StateOf<ProductState>(context);
  if (state == nullptr) return OutOfMemory(context);
  if (state->op == nullptr) MTC_RETURN_IF_ERROR(Make(context, args));
  return SetImages(context, state->op.get(), *args.x, *args.out);
}

template <typename X, typename W>
Status RunConvTranspose2dQuantized(KernelContext& context, const ConvTranspose2dArgs& args) {
  if (args.out->count() == 0) return Status::kOk;
  return RunImages(context, static_cast<const ProductState*>(context.state.get())->op, *args.x, *args.out);
}

MTC_QNNPACK_KERNEL(ConvTranspose2dQuantized)

}  // namespace MTC_QNNPACK
