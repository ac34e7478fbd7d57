#include "kernels/elementwise.h"

namespace MTC_PORTABLE {

// Bits that leave the word are lost, as if all of them did where the count is no bit of it.
template <typename V>
V ShiftLeft(V x, V y) {
  const bool is_bit = y >= 0 && static_cast<uint64_t>(y) < 8 * sizeof(V);
  return is_bit ? static_cast<V>(static_cast<Unsigned<V>>(x) << static_cast<Unsigned<V>>(y)) : V{0};
}

MTC_BINARY_KERNEL(BitwiseLeftShift, [](auto x, auto y) { return ShiftLeft(x, y); })

}  // namespace MTC_PORTABLE
