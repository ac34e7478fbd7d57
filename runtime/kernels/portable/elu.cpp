#include "kernels/elementwise.h"
#include "kernels/vector_math.h"

namespace MTC_PORTABLE {

MTC_PREPARE_UNARY(Elu)

template <typename T>
Status RunElu(KernelContext& context, const EluArgs& args) {
  const auto alpha = static_cast<Compute<T>>(args.alpha * args.scale), scale = static_cast<Compute<T>>(args.scale);
  const auto input_scale = static_cast<Compute<T>>(args.input_scale);
  MapUnary<T>(context, *args.x, *args.out, [=](auto x) {
    return Select(x > 0, x * scale, Expm1(AtMost(x, Fill<decltype(x)>(0)) * input_scale) * alpha);
  });
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Elu)

}  // namespace MTC_PORTABLE
