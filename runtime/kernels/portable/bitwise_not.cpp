#include "kernels/elementwise.h"

namespace MTC_PORTABLE {

MTC_SCALAR_KERNEL(BitwiseNot, [](auto x) { return ~x; })

}  // namespace MTC_PORTABLE
