#include "kernels/elementwise.h"

namespace MTC_PORTABLE {

MTC_PREPARE_BINARY(Eq)

template <typename T>
Status RunEq(KernelContext& context, const EqArgs& args) {
  MapScalars<T, Bool>(context, *args.x, *args.y, *args.out, [](auto x, auto y) { return x == y; });
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Eq)

}  // namespace MTC_PORTABLE
