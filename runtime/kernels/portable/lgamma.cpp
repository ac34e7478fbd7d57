#include <cmath>

#include "kernels/elementwise.h"

namespace MTC_PORTABLE {

MTC_SCALAR_KERNEL(Lgamma, [](auto x) { return std::lgamma(x); })

}  // namespace MTC_PORTABLE
