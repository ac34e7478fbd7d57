#include <cmath>

#include "kernels/elementwise.h"

namespace MTC_PORTABLE {

MTC_SCALAR_KERNEL(Ceil, [](auto x) { return std::ceil(x); })

}  // namespace MTC_PORTABLE
