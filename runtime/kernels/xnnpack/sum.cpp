#include "generated/args.h"
#include "kernels/xnnpack/sums.h"
#include "selected_kernels.h"

namespace MTC_XNNPACK {

Status PrepareSum(PrepareContext& context, const SumArgs& args) {
  return PrepareSums(context, *args.x, args.axes, args.keepdim, /*is_mean=*/false, args.out);
}

template <typename T>
Status RunSum(KernelContext& context, const SumArgs& args) {
  return RunSums(context, args.x->as<T>(), *args.out, /*of_none=*/0);
}

MTC_XNNPACK_KERNEL(Sum)

}  // namespace MTC_XNNPACK
