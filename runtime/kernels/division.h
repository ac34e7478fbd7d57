// Quotients and what they leave over. Integers never overflow: the least one divided by -1 wraps to itself.

#ifndef MTC_KERNELS_DIVISION_H_
#define MTC_KERNELS_DIVISION_H_

#include <cmath>

#include "kernels/elementwise.h"

namespace MTC_PORTABLE {

// kRunFailed if an integer divisor is zero; Run calls it before it divides.
template <typename T>
Status RefuseZero(KernelContext& context, const Tensor& divisor) {
  if constexpr (std::is_integral_v<T>) {
    for (int64_t i = 0, count = Count(divisor); i < count; ++i) {
      if (divisor.as<T>()[i] == 0) return context.Fail(Status::kRunFailed, "integer division by zero");
    }
  }
  return Status::kOk;
}

template <typename V>
V TruncatedQuotient(V x, V y) {
  if constexpr (std::is_integral_v<V>) {
    return std::is_signed_v<V> && y == static_cast<V>(-1) ? Sub(V{0}, x) : static_cast<V>(x / y);
  } else {
    return std::trunc(x / y);
  }
}

// What is left has the sign of x.
template <typename V>
V TruncatedRemainder(V x, V y) {
  if constexpr (std::is_integral_v<V>) {
    return std::is_signed_v<V> && y == static_cast<V>(-1) ? V{0} : static_cast<V>(x % y);
  } else {
    return std::fmod(x, y);
  }
}

// What is left has the sign of y.
template <typename V>
V FlooredRemainder(V x, V y) {
  const V rest = TruncatedRemainder(x, y);
  if (rest == 0) return std::is_integral_v<V> ? V{0} : static_cast<V>(std::copysign(0.0, static_cast<double>(y)));
  return (rest < 0) != (y < 0) ? static_cast<V>(rest + y) : rest;
}

// As NumPy has it for floats: the quotient that belongs to the remainder, so that q * y + r is x.
template <typename V>
V FlooredQuotient(V x, V y) {
  if constexpr (std::is_integral_v<V>) {
    const V quotient = TruncatedQuotient(x, y), rest = TruncatedRemainder(x, y);
    return rest != 0 && (rest < 0) != (y < 0) ? static_cast<V>(quotient - 1) : quotient;
  } else {
    if (y == 0) return x / y;
    const V rest = std::fmod(x, y);
    V quotient = (x - rest) / y;
    if (rest != 0 && (rest < 0) != (y < 0)) quotient -= 1;
    if (quotient == 0) return std::copysign(V{0}, x / y);
    const V whole = std::floor(quotient);
    return quotient - whole > V{0.5} ? whole + 1 : whole;
  }
}

}  // namespace MTC_PORTABLE

#endif  // MTC_KERNELS_DIVISION_H_
