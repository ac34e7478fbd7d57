#include <cmath>

#include "kernels/elementwise.h"

namespace MTC_PORTABLE {

MTC_PREPARE_BINARY(Hypot)

template <typename T>
Status RunHypot(KernelContext& context, const HypotArgs& args) {
  MapScalars<T, T>(context, *args.x, *args.y, *args.out, [](auto x, auto y) { return std::hypot(x, y); });
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Hypot)

}  // namespace MTC_PORTABLE
