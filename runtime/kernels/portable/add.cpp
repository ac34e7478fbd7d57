#include "kernels/elementwise.h"

namespace MTC_PORTABLE {

MTC_BINARY_KERNEL(Add, [](auto x, auto y) { return Add(x, y); })

}  // namespace MTC_PORTABLE
