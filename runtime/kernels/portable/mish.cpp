#include "kernels/elementwise.h"
#include "kernels/vector_math.h"

namespace MTC_PORTABLE {

// tanh(log(1 + e)) for e = exp(x) is n / (n + 2) with n = e * (e + 2); from 20 on it rounds to 1.
MTC_UNARY_KERNEL(Mish, [](auto x) {
  const auto e = Exp(AtMost(x, Fill<decltype(x)>(20))), n = e * (e + 2.0f);
  return x * (n / (n + 2.0f));
})

}  // namespace MTC_PORTABLE
