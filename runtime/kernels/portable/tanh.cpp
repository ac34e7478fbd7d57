#include "kernels/elementwise.h"
#include "kernels/vector_math.h"

namespace MTC_PORTABLE {

MTC_UNARY_KERNEL(Tanh, [](auto x) { return Tanh(x); })

}  // namespace MTC_PORTABLE
