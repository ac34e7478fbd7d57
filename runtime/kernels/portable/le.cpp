#include "kernels/elementwise.h"

namespace MTC_PORTABLE {

MTC_PREPARE_BINARY(Le)

template <typename T>
Status RunLe(KernelContext& context, const LeArgs& args) {
  MapScalars<T, Bool>(context, *args.x, *args.y, *args.out, [](auto x, auto y) { return x <= y; });
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Le)

}  // namespace MTC_PORTABLE
