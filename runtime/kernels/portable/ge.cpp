#include "kernels/elementwise.h"

namespace MTC_PORTABLE {

MTC_PREPARE_BINARY(Ge)

template <typename T>
Status RunGe(KernelContext& context, const GeArgs& args) {
  MapScalars<T, Bool>(context, *args.x, *args.y, *args.out, [](auto x, auto y) { return x >= y; });
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Ge)

}  // namespace MTC_PORTABLE
