#include <cmath>

#include "kernels/elementwise.h"

namespace MTC_PORTABLE {

MTC_SCALAR_KERNEL(Asin, [](auto x) { return std::asin(x); })

}  // namespace MTC_PORTABLE
