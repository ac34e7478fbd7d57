#include "kernels/reduce.h"

namespace MTC_PORTABLE {

Status PrepareVar(PrepareContext& context, const VarArgs& args) {
  return ReducedShape(context, args.x, args.axes, args.keepdim, args.out);
}

template <typename T>
Status RunVar(KernelContext& context, const VarArgs& args) {
  using P = Pack<T>;
  const auto add = [](P a, P b) { return a + b; };
  const double correction = args.correction;
  Reduce<T>(context, *args.x, args.axes, *args.out, [=](const Folded<T>& folded) {
    const auto count = static_cast<double>(folded.count());
    const P mean = folded.Fold(P{}, P{}, add, add) / static_cast<Compute<T>>(count);
    const P squares = folded.Fold(P{}, mean, [mean](P a, P x) { return a + (x - mean) * (x - mean); }, add);
    return squares / static_cast<Compute<T>>(count > correction ? count - correction : 0);
  });
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Var)

}  // namespace MTC_PORTABLE
