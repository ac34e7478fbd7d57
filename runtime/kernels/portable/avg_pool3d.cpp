#include "kernels/pooling.h"

namespace MTC_PORTABLE {

Status PrepareAvgPool3d(PrepareContext& context, const AvgPool3dArgs& args) {
  return PreparePooling(context, args, 3, {}, Layout::kNchw);
}

template <typename T>
Status RunAvgPool3d(KernelContext& context, const AvgPool3dArgs& args) {
  const PoolSizes sizes = PoolSizesOf(args, {}, Layout::kNchw);
  AveragePool<PoolsNchw, T>(context, sizes, args, Layout::kNchw, -__builtin_inf(), __builtin_inf());
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(AvgPool3d)

}  // namespace MTC_PORTABLE
