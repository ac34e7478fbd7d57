#include "kernels/elementwise.h"

namespace MTC_PORTABLE {

MTC_SCALAR_KERNEL(Sign, [](auto x) { return (x > 0) - (x < 0); })

}  // namespace MTC_PORTABLE
