#include "kernels/reduce.h"

namespace MTC_PORTABLE {

#if MTC_ISA_LEVEL == 0
Status PrepareMean(PrepareContext& context, const MeanArgs& args) {
  return ReducedShape(context, args.x, args.axes, args.keepdim, args.out);
}
#endif

template <typename T>
Status RunMean(KernelContext& context, const MeanArgs& args) {
  Mean<T>(context, *args.x, args.axes, *args.out);
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Mean)

}  // namespace MTC_PORTABLE
