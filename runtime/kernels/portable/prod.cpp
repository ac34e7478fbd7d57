#include "kernels/elementwise.h"
#include "kernels/reduce.h"

namespace MTC_PORTABLE {

Status PrepareProd(PrepareContext& context, const ProdArgs& args) {
  return ReducedShape(context, args.x, args.axes, args.keepdim, args.out);
}

template <typename T>
Status RunProd(KernelContext& context, const ProdArgs& args) {
  using P = Pack<T>;
  const auto multiply = [](P a, P b) { return Mul(a, b); };
  Reduce<T>(context, *args.x, args.axes, *args.out,
            [multiply](const Folded<T>& folded) { return folded.Fold(Fill<P>(1), Fill<P>(1), multiply, multiply); });
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Prod)

}  // namespace MTC_PORTABLE
