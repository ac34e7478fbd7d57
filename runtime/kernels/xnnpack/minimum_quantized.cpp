#include "generated/args.h"
#include "kernels/shape_rules.h"
#include "kernels/xnnpack/quantized_elementwise.h"
#include "selected_kernels.h"

// mtc's own kernel: XNNPACK has none of integers.
namespace MTC_XNNPACK {

#if MTC_ISA_LEVEL == 0
Status PrepareMinimumQuantized(PrepareContext& context, const MinimumArgs& args) {
  return BroadcastShape(context, args.x, args.y, args.out);
}
#endif

template <typename Q>
Status RunMinimumQuantized(KernelContext& context, const MinimumArgs& args) {
  return RunQuantizedPair<decltype(Q::steps)>(context, *args.x, *args.y, *args.out,
                                              [](auto a, auto b) { return MTC_PORTABLE::AtMost(a, b); });
}

MTC_XNNPACK_KERNEL(MinimumQuantized)

}  // namespace MTC_XNNPACK
