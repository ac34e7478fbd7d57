#include <cmath>

#include "kernels/elementwise.h"

namespace MTC_PORTABLE {

MTC_SCALAR_KERNEL(Exp2, [](auto x) { return std::exp2(x); })

}  // namespace MTC_PORTABLE
