#include "kernels/elementwise.h"

namespace MTC_PORTABLE {

MTC_BINARY_KERNEL(Minimum, [](auto x, auto y) { return Min(x, y); })

}  // namespace MTC_PORTABLE
