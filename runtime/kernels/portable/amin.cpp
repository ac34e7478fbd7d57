#include "kernels/elementwise.h"
#include "kernels/reduce.h"

namespace MTC_PORTABLE {

Status PrepareAmin(PrepareContext& context, const AminArgs& args) {
  return ExtremeShape(context, args.x, args.axes, args.keepdim, args.out);
}

template <typename T>
Status RunAmin(KernelContext& context, const AminArgs& args) {
  using P = Pack<T>;
  const auto extreme = [](P a, P b) { return Min(a, b); };
  const P highest = static_cast<P>(P{} + Constant<T>(__builtin_inf()));
  Reduce<T>(context, *args.x, args.axes, *args.out,
            [&](const Folded<T>& folded) { return folded.Fold(highest, highest, extreme, extreme); });
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Amin)

}  // namespace MTC_PORTABLE
