#include "kernels/elementwise.h"

namespace MTC_PORTABLE {

MTC_BINARY_KERNEL(Maximum, [](auto x, auto y) { return Max(x, y); })

}  // namespace MTC_PORTABLE
