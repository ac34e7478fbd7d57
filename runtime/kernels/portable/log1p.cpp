#include <cmath>

#include "kernels/elementwise.h"

namespace MTC_PORTABLE {

MTC_SCALAR_KERNEL(Log1p, [](auto x) { return std::log1p(x); })

}  // namespace MTC_PORTABLE
