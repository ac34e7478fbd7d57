#include "kernels/resize.h"

namespace MTC_PORTABLE {

Status PrepareUpsampleBicubic2d(PrepareContext& context, const UpsampleBicubic2dArgs& args) {
  MTC_RETURN_IF_ERROR(PrepareResize(context, args.x, args.size, args.scales, args.layout, args.out));
  return RequireTaps<CubicTaps<double>>(context, args.size[1]);
}

template <typename T>
Status RunUpsampleBicubic2d(KernelContext& context, const UpsampleBicubic2dArgs& args) {
  Interpolate<T, CubicTaps<Compute<T>>>(context, args);
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(UpsampleBicubic2d)

}  // namespace MTC_PORTABLE
