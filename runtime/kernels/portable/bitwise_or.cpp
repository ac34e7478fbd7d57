#include "kernels/elementwise.h"

namespace MTC_PORTABLE {

MTC_BINARY_KERNEL(BitwiseOr, [](auto x, auto y) { return x | y; })

}  // namespace MTC_PORTABLE
