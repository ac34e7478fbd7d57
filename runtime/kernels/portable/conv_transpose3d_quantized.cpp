#include "generated/args.h"
#include "kernels/portable/conv_transpose_kernel.h"
#include "kernels/quantized_convolution.h"
#include "selected_kernels.h"

namespace MTC_PORTABLE {

Status PrepareConvTranspose3dQuantized(PrepareContext& context, const ConvTranspose3dArgs& args) {
  MTC_RETURN_IF_ERROR(CheckTransposedConvolution(context, args, 3));
  return PrepareRequantization(context, *args.x, *args.weight, args.bias, *args.out, args.clamp, args.out->dims[1]);
}

template <typename X, typename W>
Status RunConvTranspose3dQuantized(KernelContext& context, const ConvTranspose3dArgs& args) {
  if (args.out->count() == 0) return Status::kOk;
  SpreadQuantized(context.threads, TransposedSizesOf(args), *static_cast<const Requantization*>(context.state.get()),
                  args.x->as<const StepType<X>>(), args.weight->as<const StepType<W>>(), args.out->as<StepType<X>>());
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(ConvTranspose3dQuantized)

}  // namespace MTC_PORTABLE
