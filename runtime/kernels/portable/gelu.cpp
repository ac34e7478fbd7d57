#include "kernels/elementwise.h"
#include "kernels/vector_math.h"

namespace MTC_PORTABLE {

MTC_PREPARE_UNARY(Gelu)

template <typename T>
Status RunGelu(KernelContext& context, const GeluArgs& args) {
  // The constants of the definition: sqrt(2 / pi) and 1 / sqrt(2).
  using C = Compute<T>;
  const C tanh_scale = static_cast<C>(0.79788456080286535588), erf_scale = static_cast<C>(0.70710678118654752440);
  const C cubic = static_cast<C>(0.044715);
  if (args.approximate == Approximate::kTanh) {
    MapUnary<T>(context, *args.x, *args.out,
                [=](auto x) { return x * 0.5f * (Tanh(tanh_scale * (x + cubic * x * x * x)) + 1.0f); });
  } else {
    MapUnary<T>(context, *args.x, *args.out, [=](auto x) { return x * 0.5f * (Erf(x * erf_scale) + 1.0f); });
  }
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Gelu)

}  // namespace MTC_PORTABLE
