#include "kernels/elementwise.h"

namespace MTC_PORTABLE {

MTC_PREPARE_UNARY(Hardshrink)

template <typename T>
Status RunHardshrink(KernelContext& context, const HardshrinkArgs& args) {
  const Compute<T> low = Constant<T>(-args.lambd), high = Constant<T>(args.lambd);
  MapUnary<T>(context, *args.x, *args.out,
              [=](auto x) { return Select(x < low, x, Select(x <= high, Fill<decltype(x)>(0), x)); });
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Hardshrink)

}  // namespace MTC_PORTABLE
