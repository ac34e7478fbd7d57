#include <cmath>

#include "kernels/elementwise.h"

namespace MTC_PORTABLE {

MTC_SCALAR_KERNEL(Cos, [](auto x) { return std::cos(x); })

}  // namespace MTC_PORTABLE
