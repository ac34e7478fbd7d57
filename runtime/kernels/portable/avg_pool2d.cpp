#include "kernels/pooling.h"

namespace MTC_PORTABLE {

#if MTC_ISA_LEVEL == 0
Status PrepareAvgPool2d(PrepareContext& context, const AvgPool2dArgs& args) {
  MTC_RETURN_IF_ERROR(CheckClamp(context, args.clamp));
  return PreparePooling(context, args, 2, {}, args.layout);
}
#endif

template <typename T>
Status RunAvgPool2d(KernelContext& context, const AvgPool2dArgs& args) {
  const PoolSizes sizes = PoolSizesOf(args, {}, args.layout);
  AveragePool<T>(context, sizes, args, args.layout, args.clamp[0], args.clamp[1]);
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(AvgPool2d)

}  // namespace MTC_PORTABLE
