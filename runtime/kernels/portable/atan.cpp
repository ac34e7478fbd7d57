#include <cmath>

#include "kernels/elementwise.h"

namespace MTC_PORTABLE {

MTC_SCALAR_KERNEL(Atan, [](auto x) { return std::atan(x); })

}  // namespace MTC_PORTABLE
