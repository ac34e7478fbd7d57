#include "generated/args.h"
#include "kernels/portable/conv_transpose_kernel.h"
#include "selected_kernels.h"

namespace MTC_PORTABLE {

#if MTC_ISA_LEVEL == 0
Status PrepareConvTranspose2d(PrepareContext& context, const ConvTranspose2dArgs& args) {
  if (args.layout != Layout::kNchw) return context.Fail(Status::kInvalidProgram, "channels do not come first");
  return PrepareTransposedConvolution<MTC_PORTABLE_TYPES(ConvTranspose2d)>(context, args, 2);
}
#endif

template <typename T>
Status RunConvTranspose2d(KernelContext& context, const ConvTranspose2dArgs& args) {
  return RunTransposedConvolution<T>(context, args);
}

MTC_PORTABLE_KERNEL(ConvTranspose2d)

}  // namespace MTC_PORTABLE
