#include "kernels/elementwise.h"

namespace MTC_PORTABLE {

MTC_UNARY_KERNEL(Reciprocal, [](auto x) { return 1.0f / x; })

}  // namespace MTC_PORTABLE
