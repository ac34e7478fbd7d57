#include <cmath>

#include "kernels/elementwise.h"

namespace MTC_PORTABLE {

MTC_PREPARE_BINARY(Atan2)

template <typename T>
Status RunAtan2(KernelContext& context, const Atan2Args& args) {
  MapScalars<T, T>(context, *args.x, *args.y, *args.out, [](auto x, auto y) { return std::atan2(x, y); });
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Atan2)

}  // namespace MTC_PORTABLE
