#include "kernels/elementwise.h"

namespace MTC_PORTABLE {

MTC_PREPARE_BINARY(Ne)

template <typename T>
Status RunNe(KernelContext& context, const NeArgs& args) {
  MapScalars<T, Bool>(context, *args.x, *args.y, *args.out, [](auto x, auto y) { return x != y; });
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Ne)

}  // namespace MTC_PORTABLE
