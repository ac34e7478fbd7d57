#include "kernels/elementwise.h"
#include "kernels/vector_math.h"

namespace MTC_PORTABLE {

MTC_UNARY_KERNEL(Silu, [](auto x) { return x * Sigmoid(x); })

}  // namespace MTC_PORTABLE
