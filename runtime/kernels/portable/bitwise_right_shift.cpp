#include "kernels/elementwise.h"

namespace MTC_PORTABLE {

// Rounds down, as if all bits left the word where the count is no bit of it.
template <typename V>
V ShiftRight(V x, V y) {
  const bool is_bit = y >= 0 && static_cast<uint64_t>(y) < 8 * sizeof(V);
  return is_bit ? static_cast<V>(x >> y) : static_cast<V>(x < 0 ? -1 : 0);
}

MTC_BINARY_KERNEL(BitwiseRightShift, [](auto x, auto y) { return ShiftRight(x, y); })

}  // namespace MTC_PORTABLE
