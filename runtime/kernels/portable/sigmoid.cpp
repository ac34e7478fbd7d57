#include "kernels/elementwise.h"
#include "kernels/vector_math.h"

namespace MTC_PORTABLE {

MTC_UNARY_KERNEL(Sigmoid, [](auto x) { return Sigmoid(x); })

}  // namespace MTC_PORTABLE
