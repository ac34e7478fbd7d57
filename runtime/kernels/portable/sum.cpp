#include "kernels/elementwise.h"
#include "kernels/reduce.h"

namespace MTC_PORTABLE {

Status PrepareSum(PrepareContext& context, const SumArgs& args) {
  return ReducedShape(context, args.x, args.axes, args.keepdim, args.out);
}

template <typename T>
Status RunSum(KernelContext& context, const SumArgs& args) {
  using P = Pack<T>;
  const auto add = [](P a, P b) { return Add(a, b); };
  Reduce<T>(context, *args.x, args.axes, *args.out,
            [add](const Folded<T>& folded) { return folded.Fold(P{}, P{}, add, add); });
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Sum)

}  // namespace MTC_PORTABLE
