#include <cmath>

#include "kernels/elementwise.h"

namespace MTC_PORTABLE {

MTC_SCALAR_KERNEL(Tan, [](auto x) { return std::tan(x); })

}  // namespace MTC_PORTABLE
