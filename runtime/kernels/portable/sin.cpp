#include <cmath>

#include "kernels/elementwise.h"

namespace MTC_PORTABLE {

MTC_SCALAR_KERNEL(Sin, [](auto x) { return std::sin(x); })

}  // namespace MTC_PORTABLE
