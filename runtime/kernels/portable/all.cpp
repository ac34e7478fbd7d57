#include "kernels/reduce.h"

namespace MTC_PORTABLE {

Status PrepareAll(PrepareContext& context, const AllArgs& args) {
  return ReducedShape(context, args.x, args.axes, args.keepdim, args.out);
}

Status RunAll(KernelContext& context, const AllArgs& args) {
  const auto join = [](bool a, bool b) { return a && b; };
  Reduce<Bool>(context, *args.x, args.axes, *args.out,
               [join](const Folded<Bool>& folded) { return folded.Fold(true, true, join, join); });
  return Status::kOk;
}

}  // namespace MTC_PORTABLE
