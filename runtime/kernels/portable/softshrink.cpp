#include "kernels/elementwise.h"

namespace MTC_PORTABLE {

MTC_PREPARE_UNARY(Softshrink)

template <typename T>
Status RunSoftshrink(KernelContext& context, const SoftshrinkArgs& args) {
  const auto lambd = static_cast<Compute<T>>(args.lambd);
  MapUnary<T>(context, *args.x, *args.out,
              [lambd](auto x) { return Select(x > lambd, x - lambd, Select(x < -lambd, x + lambd, x * 0.0f)); });
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Softshrink)

}  // namespace MTC_PORTABLE
