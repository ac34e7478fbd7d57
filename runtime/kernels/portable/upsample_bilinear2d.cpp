#include "kernels/resize.h"

namespace MTC_PORTABLE {

#if MTC_ISA_LEVEL == 0
Status PrepareUpsampleBilinear2d(PrepareContext& context, const UpsampleBilinear2dArgs& args) {
  MTC_RETURN_IF_ERROR(PrepareResize(context, args.x, args.size, args.scales, args.layout, args.out));
  return RequireTaps<LinearTaps<double>>(context, args.size[1]);
}
#endif

template <typename T>
Status RunUpsampleBilinear2d(KernelContext& context, const UpsampleBilinear2dArgs& args) {
  Interpolate<T, LinearTaps<Compute<T>>>(context, args);
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(UpsampleBilinear2d)

}  // namespace MTC_PORTABLE
