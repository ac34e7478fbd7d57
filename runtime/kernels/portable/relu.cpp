#include "kernels/elementwise.h"

namespace MTC_PORTABLE {

MTC_UNARY_KERNEL(Relu, [](auto x) { return AtLeast(x, Fill<decltype(x)>(0)); })

}  // namespace MTC_PORTABLE
