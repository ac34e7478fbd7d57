#include "kernels/elementwise.h"

namespace MTC_PORTABLE {

MTC_BINARY_KERNEL(Sub, [](auto x, auto y) { return Sub(x, y); })

}  // namespace MTC_PORTABLE
