#include <cmath>

#include "kernels/elementwise.h"

namespace MTC_PORTABLE {

MTC_SCALAR_KERNEL(Atanh, [](auto x) { return std::atanh(x); })

}  // namespace MTC_PORTABLE
