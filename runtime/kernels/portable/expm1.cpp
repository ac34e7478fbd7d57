#include <cmath>

#include "kernels/elementwise.h"

namespace MTC_PORTABLE {

MTC_SCALAR_KERNEL(Expm1, [](auto x) { return std::expm1(x); })

}  // namespace MTC_PORTABLE
