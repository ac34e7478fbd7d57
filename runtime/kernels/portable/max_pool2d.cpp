#include "kernels/pooling.h"

namespace MTC_PORTABLE {

#if MTC_ISA_LEVEL == 0
Status PrepareMaxPool2d(PrepareContext& context, const MaxPool2dArgs& args) {
  MTC_RETURN_IF_ERROR(CheckClamp(context, args.clamp));
  return PreparePooling(context, args, 2, args.dilation, args.layout);
}
#endif

template <typename T>
Status RunMaxPool2d(KernelContext& context, const MaxPool2dArgs& args) {
  const PoolSizes sizes = PoolSizesOf(args, args.dilation, args.layout);
  MaxPool<T>(context, sizes, *args.x, *args.out, args.layout, args.clamp[0], args.clamp[1]);
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(MaxPool2d)

}  // namespace MTC_PORTABLE
