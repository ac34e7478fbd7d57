#include <cmath>

#include "kernels/elementwise.h"

namespace MTC_PORTABLE {

MTC_SCALAR_KERNEL(Trunc, [](auto x) { return std::trunc(x); })

}  // namespace MTC_PORTABLE
