#include "generated/args.h"
#include "kernels/portable/conv_kernel.h"
#include "selected_kernels.h"

namespace MTC_PORTABLE {

#if MTC_ISA_LEVEL == 0
Status PrepareConv1d(PrepareContext& context, const Conv1dArgs& args) {
  return PrepareConvolution<MTC_PORTABLE_TYPES(Conv1d)>(context, args, 1);
}
#endif

template <typename T>
Status RunConv1d(KernelContext& context, const Conv1dArgs& args) {
  return RunConvolution<T>(context, args);
}

MTC_PORTABLE_KERNEL(Conv1d)

}  // namespace MTC_PORTABLE
