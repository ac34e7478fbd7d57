#include "generated/args.h"
#include "kernels/xnnpack/quantized_elementwise.h"
#include "selected_kernels.h"

namespace MTC_XNNPACK {

#if MTC_ISA_LEVEL == 0
Status PrepareMulQuantized(PrepareContext& context, const MulArgs& args) {
  const float product = args.x->quantization->scale * args.y->quantization->scale;
  const float ratios[] = {product / args.out->quantization->scale};
  return MTC_XNNPACK_TYPES(MulQuantized)::With(context, args.x->dtype, [&](auto element) {
    return PrepareQuantizedBinary(context, args.x, args.y, args.out, ratios, /*least=*/1.0f / (1 << 16),
                                  ProductConfig<decltype(element)>(), /*sign=*/1);
  });
}
#endif

template <typename Q>
Status RunMulQuantized(KernelContext& context, const MulArgs& args) {
  return RunQuantizedProduct<decltype(Q::steps)>(context, *args.x, *args.y, *args.out);
}

MTC_XNNPACK_KERNEL(MulQuantized)

}  // namespace MTC_XNNPACK
