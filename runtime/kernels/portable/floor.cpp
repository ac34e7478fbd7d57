#include <cmath>

#include "kernels/elementwise.h"

namespace MTC_PORTABLE {

MTC_SCALAR_KERNEL(Floor, [](auto x) { return std::floor(x); })

}  // namespace MTC_PORTABLE
