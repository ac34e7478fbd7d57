#include <cmath>

#include "kernels/elementwise.h"

namespace MTC_PORTABLE {

MTC_SCALAR_KERNEL(Cosh, [](auto x) { return std::cosh(x); })

}  // namespace MTC_PORTABLE
