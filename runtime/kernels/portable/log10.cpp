#include <cmath>

#include "kernels/elementwise.h"

namespace MTC_PORTABLE {

MTC_SCALAR_KERNEL(Log10, [](auto x) { return std::log10(x); })

}  // namespace MTC_PORTABLE
