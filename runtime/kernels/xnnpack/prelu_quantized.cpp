#include "generated/args.h"
#include "kernels/shape_rules.h"
#include "kernels/xnnpack/quantized_elementwise.h"
#include "selected_kernels.h"

// mtc's own kernel: XNNPACK has none of integers.
namespace MTC_XNNPACK {

#if MTC_ISA_LEVEL == 0
Status PreparePreluQuantized(PrepareContext& context, const PreluArgs& args) {
  return BroadcastShape(context, args.x, args.weight, args.out);
}
#endif

template <typename Q>
Status RunPreluQuantized(KernelContext& context, const PreluArgs& args) {
  using namespace MTC_PORTABLE;
  if (args.out->count() == 0) return Status::kOk;
  const Quantization &x = *args.x->quantization, &weight = *args.weight->quantization, &out = *args.out->quantization;
  const Vec x_zero = Splat<Vec>(static_cast<float>(x.zero_point));
  const Vec weight_zero = Splat<Vec>(static_cast<float>(weight.zero_point));
  const Vec ratio = Splat<Vec>(x.scale / out.scale), scale = Splat<Vec>(weight.scale);
  MapQuantized<decltype(Q::steps)>(context, *args.x, *args.weight, *args.out, [&](Vec a, Vec slope) {
    const Vec value = (a - x_zero) * ratio;
    return Select(a > x_zero, value, value * ((slope - weight_zero) * scale));
  });
  return Status::kOk;
}

MTC_XNNPACK_KERNEL(PreluQuantized)

}  // namespace MTC_XNNPACK
