#include "kernels/elementwise.h"

namespace MTC_PORTABLE {

MTC_BINARY_KERNEL(Mul, [](auto x, auto y) { return Mul(x, y); })

}  // namespace MTC_PORTABLE
