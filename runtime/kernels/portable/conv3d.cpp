#include "generated/args.h"
#include "kernels/portable/conv_kernel.h"
#include "selected_kernels.h"

namespace MTC_PORTABLE {

#if MTC_ISA_LEVEL == 0
Status PrepareConv3d(PrepareContext& context, const Conv3dArgs& args) {
  return PrepareConvolution<MTC_PORTABLE_TYPES(Conv3d)>(context, args, 3);
}
#endif

template <typename T>
Status RunConv3d(KernelContext& context, const Conv3dArgs& args) {
  return RunConvolution<T>(context, args);
}

MTC_PORTABLE_KERNEL(Conv3d)

}  // namespace MTC_PORTABLE
