#include "generated/args.h"
#include "kernels/portable/conv_kernel.h"
#include "kernels/quantized_convolution.h"
#include "selected_kernels.h"

namespace MTC_PORTABLE {

Status PrepareConv2dQuantized(PrepareContext& context, const Conv2dArgs& args) {
  if (args.layout != Layout::kNchw) return context.Fail(Status::kInvalidProgram, "channels do not come first");
  MTC_RETURN_IF_ERROR(CheckConvolution(context, args, 2));
  return PrepareRequantization(context, *args.x, *args.weight, args.bias, *args.out, args.clamp, args.weight->dims[0]);
}

template <typename X, typename W>
Status RunConv2dQuantized(KernelContext& context, const Conv2dArgs& args) {
  if (args.out->count() == 0) return Status::kOk;
  ConvolveQuantized(context.threads, SizesOf(args), *static_cast<const Requantization*>(context.state.get()),
                    args.x->as<const StepType<X>>(), args.weight->as<const StepType<W>>(), args.out->as<StepType<X>>());
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Conv2dQuantized)

}  // namespace MTC_PORTABLE
