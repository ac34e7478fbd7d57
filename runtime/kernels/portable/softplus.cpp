#include "kernels/elementwise.h"
#include "kernels/vector_math.h"

namespace MTC_PORTABLE {

MTC_PREPARE_UNARY(Softplus)

template <typename T>
Status RunSoftplus(KernelContext& context, const SoftplusArgs& args) {
  const auto beta = static_cast<Compute<T>>(args.beta), threshold = static_cast<Compute<T>>(args.threshold);
  MapUnary<T>(context, *args.x, *args.out,
              [=](auto x) { return Select(x * beta > threshold, x, Softplus(x * beta) / beta); });
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Softplus)

}  // namespace MTC_PORTABLE
