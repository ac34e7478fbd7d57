#include "generated/args.h"
#include "kernels/portable/conv_transpose_kernel.h"
#include "selected_kernels.h"

namespace MTC_PORTABLE {

#if MTC_ISA_LEVEL == 0
Status PrepareConvTranspose3d(PrepareContext& context, const ConvTranspose3dArgs& args) {
  return PrepareTransposedConvolution<MTC_PORTABLE_TYPES(ConvTranspose3d)>(context, args, 3);
}
#endif

template <typename T>
Status RunConvTranspose3d(KernelContext& context, const ConvTranspose3dArgs& args) {
  return RunTransposedConvolution<T>(context, args);
}

MTC_PORTABLE_KERNEL(ConvTranspose3d)

}  // namespace MTC_PORTABLE
