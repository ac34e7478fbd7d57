#include <cmath>

#include "kernels/elementwise.h"

namespace MTC_PORTABLE {

MTC_SCALAR_KERNEL(Sinh, [](auto x) { return std::sinh(x); })

}  // namespace MTC_PORTABLE
