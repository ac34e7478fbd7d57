#include "generated/args.h"
#include "kernels/portable/conv_dynamic_kernel.h"
#include "selected_kernels.h"

namespace MTC_PORTABLE {

#if MTC_ISA_LEVEL == 0
Status PrepareConv2dDynamic(PrepareContext& context, const Conv2dArgs& args) {
  if (args.layout != Layout::kNchw) return context.Fail(Status::kInvalidProgram, "channels do not come first");
  return PrepareDynamicConvolution(context, args, 2);
}
#endif

template <typename F, typename W>
Status RunConv2dDynamic(KernelContext& context, const Conv2dArgs& args) {
  static_assert(std::is_same_v<F, float> && std::is_same_v<W, Qi8>);
  return RunDynamicConvolution(context, args);
}

MTC_PORTABLE_KERNEL(Conv2dDynamic)

}  // namespace MTC_PORTABLE
