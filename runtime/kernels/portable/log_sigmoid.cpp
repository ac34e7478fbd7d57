#include "kernels/elementwise.h"
#include "kernels/vector_math.h"

namespace MTC_PORTABLE {

MTC_UNARY_KERNEL(LogSigmoid, [](auto x) { return -Softplus(-x); })

}  // namespace MTC_PORTABLE
