#include "kernels/elementwise.h"
#include "kernels/reduce.h"

namespace MTC_PORTABLE {

Status PrepareAmax(PrepareContext& context, const AmaxArgs& args) {
  return ExtremeShape(context, args.x, args.axes, args.keepdim, args.out);
}

template <typename T>
Status RunAmax(KernelContext& context, const AmaxArgs& args) {
  using P = Pack<T>;
  const auto extreme = [](P a, P b) { return Max(a, b); };
  const P lowest = static_cast<P>(P{} + Constant<T>(-__builtin_inf()));
  Reduce<T>(context, *args.x, args.axes, *args.out,
            [&](const Folded<T>& folded) { return folded.Fold(lowest, lowest, extreme, extreme); });
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Amax)

}  // namespace MTC_PORTABLE
