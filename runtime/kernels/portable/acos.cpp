#include <cmath>

#include "kernels/elementwise.h"

namespace MTC_PORTABLE {

MTC_SCALAR_KERNEL(Acos, [](auto x) { return std::acos(x); })

}  // namespace MTC_PORTABLE
