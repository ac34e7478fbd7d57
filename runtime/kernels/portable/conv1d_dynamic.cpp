#include "generated/args.h"
#include "kernels/portable/conv_dynamic_kernel.h"
#include "selected_kernels.h"

namespace MTC_PORTABLE {

#if MTC_ISA_LEVEL == 0
Status PrepareConv1dDynamic(PrepareContext& context, const Conv1dArgs& args) {
  return PrepareDynamicConvolution(context, args, 1);
}
#endif

template <typename F, typename W>
Status RunConv1dDynamic(KernelContext& context, const Conv1dArgs& args) {
  static_assert(std::is_same_v<F, float> && std::is_same_v<W, Qi8>);
  return RunDynamicConvolution(context, args);
}

MTC_PORTABLE_KERNEL(Conv1dDynamic)

}  // namespace MTC_PORTABLE
