#include "kernels/elementwise.h"
#include "kernels/vector_math.h"

namespace MTC_PORTABLE {

MTC_UNARY_KERNEL(Rsqrt, [](auto x) { return 1.0f / Sqrt(x); })

}  // namespace MTC_PORTABLE
