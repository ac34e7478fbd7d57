#include "kernels/elementwise.h"

namespace MTC_PORTABLE {

MTC_PREPARE_BINARY(Gt)

template <typename T>
Status RunGt(KernelContext& context, const GtArgs& args) {
  MapScalars<T, Bool>(context, *args.x, *args.y, *args.out, [](auto x, auto y) { return x > y; });
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Gt)

}  // namespace MTC_PORTABLE
