#include <cmath>

#include "kernels/elementwise.h"

namespace MTC_PORTABLE {

MTC_SCALAR_KERNEL(Log2, [](auto x) { return std::log2(x); })

}  // namespace MTC_PORTABLE
