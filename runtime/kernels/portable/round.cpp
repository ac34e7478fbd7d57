#include <cmath>

#include "kernels/elementwise.h"

namespace MTC_PORTABLE {

MTC_SCALAR_KERNEL(Round, [](auto x) { return std::rint(x); })

}  // namespace MTC_PORTABLE
