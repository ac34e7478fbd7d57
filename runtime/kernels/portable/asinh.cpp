#include <cmath>

#include "kernels/elementwise.h"

namespace MTC_PORTABLE {

MTC_SCALAR_KERNEL(Asinh, [](auto x) { return std::asinh(x); })

}  // namespace MTC_PORTABLE
