#include "kernels/elementwise.h"
#include "kernels/vector_math.h"

namespace MTC_PORTABLE {

MTC_UNARY_KERNEL(Erf, [](auto x) { return Erf(x); })

}  // namespace MTC_PORTABLE
