#include "kernels/elementwise.h"
#include "kernels/vector_math.h"

namespace MTC_PORTABLE {

MTC_UNARY_KERNEL(Exp, [](auto x) { return Exp(x); })

}  // namespace MTC_PORTABLE
