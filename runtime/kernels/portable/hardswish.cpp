#include "kernels/elementwise.h"

namespace MTC_PORTABLE {

MTC_UNARY_KERNEL(Hardswish, [](auto x) {
  return x * AtMost(AtLeast(x + 3.0f, Fill<decltype(x)>(0)), Fill<decltype(x)>(6)) / 6.0f;
})

}  // namespace MTC_PORTABLE
