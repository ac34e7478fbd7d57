#include "kernels/elementwise.h"
#include "kernels/vector_math.h"

namespace MTC_PORTABLE {

MTC_UNARY_KERNEL(Log, [](auto x) { return Log(x); })

}  // namespace MTC_PORTABLE
