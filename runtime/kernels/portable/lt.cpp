#include "kernels/elementwise.h"

namespace MTC_PORTABLE {

MTC_PREPARE_BINARY(Lt)

template <typename T>
Status RunLt(KernelContext& context, const LtArgs& args) {
  MapScalars<T, Bool>(context, *args.x, *args.y, *args.out, [](auto x, auto y) { return x < y; });
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Lt)

}  // namespace MTC_PORTABLE
