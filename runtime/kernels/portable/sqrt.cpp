#include "kernels/elementwise.h"
#include "kernels/vector_math.h"

namespace MTC_PORTABLE {

MTC_UNARY_KERNEL(Sqrt, [](auto x) { return Sqrt(x); })

}  // namespace MTC_PORTABLE
