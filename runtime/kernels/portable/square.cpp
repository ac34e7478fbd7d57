#include "kernels/elementwise.h"

namespace MTC_PORTABLE {

MTC_UNARY_KERNEL(Square, [](auto x) { return Mul(x, x); })

}  // namespace MTC_PORTABLE
