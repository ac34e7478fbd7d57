#include "kernels/elementwise.h"

namespace MTC_PORTABLE {

Status PrepareClamp(PrepareContext& context, const ClampArgs& args) {
  if (args.min != args.min || args.max != args.max) {
    return context.Fail(Status::kInvalidProgram, "a bound is not a number");
  }
  return SameShape(context, args.x, args.out);
}

template <typename T>
Status RunClamp(KernelContext& context, const ClampArgs& args) {
  const Compute<T> low = Constant<T>(args.min), high = Constant<T>(args.max);
  MapUnary<T>(context, *args.x, *args.out,
              [=](auto x) { return AtMost(AtLeast(x, Fill<decltype(x)>(low)), Fill<decltype(x)>(high)); });
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Clamp)

}  // namespace MTC_PORTABLE
