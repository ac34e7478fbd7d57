#include "kernels/elementwise.h"

namespace MTC_PORTABLE {

MTC_PREPARE_UNARY(LeakyRelu)

template <typename T>
Status RunLeakyRelu(KernelContext& context, const LeakyReluArgs& args) {
  const Compute<T> slope = Constant<T>(args.negative_slope);
  MapUnary<T>(context, *args.x, *args.out, [slope](auto x) { return Select(x > 0, x, x * slope); });
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(LeakyRelu)

}  // namespace MTC_PORTABLE
