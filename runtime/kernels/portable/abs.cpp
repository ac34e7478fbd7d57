#include "kernels/elementwise.h"

namespace MTC_PORTABLE {

MTC_UNARY_KERNEL(Abs, [](auto x) {
  using V = decltype(x);
  if constexpr (std::is_integral_v<V>) {
    return x < 0 ? Sub(V{0}, x) : x;
  } else {
    return Abs(x);
  }
})

}  // namespace MTC_PORTABLE
