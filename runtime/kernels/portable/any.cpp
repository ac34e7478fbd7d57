#include "kernels/reduce.h"

namespace MTC_PORTABLE {

Status PrepareAny(PrepareContext& context, const AnyArgs& args) {
  return ReducedShape(context, args.x, args.axes, args.keepdim, args.out);
}

Status RunAny(KernelContext& context, const AnyArgs& args) {
  const auto join = [](bool a, bool b) { return a || b; };
  Reduce<Bool>(context, *args.x, args.axes, *args.out,
               [join](const Folded<Bool>& folded) { return folded.Fold(false, false, join, join); });
  return Status::kOk;
}

}  // namespace MTC_PORTABLE
