#include "kernels/pooling.h"

namespace MTC_PORTABLE {

#if MTC_ISA_LEVEL == 0
Status PrepareMaxPool3d(PrepareContext& context, const MaxPool3dArgs& args) {
  return PreparePooling(context, args, 3, args.dilation, Layout::kNchw);
}
#endif

template <typename T>
Status RunMaxPool3d(KernelContext& context, const MaxPool3dArgs& args) {
  const PoolSizes sizes = PoolSizesOf(args, args.dilation, Layout::kNchw);
  MaxPool<PoolsNchw, T>(context, sizes, *args.x, *args.out, Layout::kNchw, -__builtin_inf(), __builtin_inf());
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(MaxPool3d)

}  // namespace MTC_PORTABLE
