#include <limits>

#include "generated/args.h"
#include "kernels/xnnpack/sums.h"
#include "selected_kernels.h"

namespace MTC_XNNPACK {

Status PrepareMean(PrepareContext& context, const MeanArgs& args) {
  return PrepareSums(context, *args.x, args.axes, args.keepdim, /*is_mean=*/true, args.out);
}

template <typename T>
Status RunMean(KernelContext& context, const MeanArgs& args) {
  const T of_none = std::numeric_limits<T>::quiet_NaN();  // 0 / 0
  return RunSums(context, args.x->as<T>(), *args.out, of_none);
}

MTC_XNNPACK_KERNEL(Mean)

}  // namespace MTC_XNNPACK
