#include "kernels/elementwise.h"

namespace MTC_PORTABLE {

MTC_PREPARE_UNARY(Threshold)

template <typename T>
Status RunThreshold(KernelContext& context, const ThresholdArgs& args) {
  // An integer is at most 2.5 if it is at most 2, at most -2.5 if it is at most -3.
  const double bound = std::is_integral_v<T> ? __builtin_floor(args.threshold) : args.threshold;
  const Compute<T> least = Constant<T>(bound), value = Constant<T>(args.value);
  MapUnary<T>(context, *args.x, *args.out, [=](auto x) { return Select(x <= least, Fill<decltype(x)>(value), x); });
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Threshold)

}  // namespace MTC_PORTABLE
