#include "generated/args.h"
#include "kernels/portable/conv_kernel.h"
#include "selected_kernels.h"

namespace MTC_PORTABLE {

#if MTC_ISA_LEVEL == 0
Status PrepareConv2d(PrepareContext& context, const Conv2dArgs& args) {
  if (args.layout != Layout::kNchw) {
    return context.Fail(Status::kInvalidProgram, "the portable conv2d computes channels first only");
  }
  return PrepareConvolution<MTC_PORTABLE_TYPES(Conv2d)>(context, args, 2);
}
#endif

template <typename T>
Status RunConv2d(KernelContext& context, const Conv2dArgs& args) {
  return RunConvolution<T>(context, args);
}

MTC_PORTABLE_KERNEL(Conv2d)

}  // namespace MTC_PORTABLE
