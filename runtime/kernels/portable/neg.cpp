#include "kernels/elementwise.h"

namespace MTC_PORTABLE {

MTC_UNARY_KERNEL(Neg, [](auto x) {
  using V = decltype(x);
  if constexpr (std::is_integral_v<V>) {
    return Sub(V{0}, x);
  } else {
    return -x;
  }
})

}  // namespace MTC_PORTABLE
