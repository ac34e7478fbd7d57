#include <cmath>

#include "kernels/elementwise.h"

namespace MTC_PORTABLE {

MTC_SCALAR_KERNEL(Acosh, [](auto x) { return std::acosh(x); })

}  // namespace MTC_PORTABLE
