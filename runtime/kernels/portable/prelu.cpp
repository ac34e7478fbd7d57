#include "kernels/elementwise.h"

namespace MTC_PORTABLE {

Status PreparePrelu(PrepareContext& context, const PreluArgs& args) {
  return BroadcastShape(context, args.x, args.weight, args.out);
}

template <typename T>
Status RunPrelu(KernelContext& context, const PreluArgs& args) {
  MapBinary<T>(context, *args.x, *args.weight, *args.out,
               [](auto x, auto weight) { return Select(x > 0, x, x * weight); });
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Prelu)

}  // namespace MTC_PORTABLE
