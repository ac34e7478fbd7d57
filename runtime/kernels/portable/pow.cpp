#include <cmath>

#include "kernels/elementwise.h"

namespace MTC_PORTABLE {

// Integers wrap; a negative power of 1 or -1 is 1 or -1, of anything else 0.
template <typename V>
V Power(V x, V y) {
  if constexpr (!std::is_integral_v<V>) {
    return std::pow(x, y);
  } else {
    if (y < 0) return x == 1 ? 1 : x == static_cast<V>(-1) ? (y % 2 == 0 ? 1 : static_cast<V>(-1)) : 0;
    V result = 1;
    for (; y > 0; y = static_cast<V>(y >> 1), x = Mul(x, x)) {
      if (y & 1) result = Mul(result, x);
    }
    return result;
  }
}

MTC_PREPARE_BINARY(Pow)

template <typename T>
Status RunPow(KernelContext& context, const PowArgs& args) {
  MapScalars<T, T>(context, *args.x, *args.y, *args.out, [](auto x, auto y) { return Power(x, y); });
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Pow)

}  // namespace MTC_PORTABLE
