#include "generated/args.h"
#include "kernels/shape_rules.h"
#include "kernels/xnnpack/quantized_elementwise.h"
#include "selected_kernels.h"

// mtc's own kernel: XNNPACK has none of integers.
namespace MTC_XNNPACK {

#if MTC_ISA_LEVEL == 0
Status PrepareMaximumQuantized(PrepareContext& context, const MaximumArgs& args) {
  return BroadcastShape(context, args.x, args.y, args.out);
}
#endif

template <typename Q>
Status RunMaximumQuantized(KernelContext& context, const MaximumArgs& args) {
  return RunQuantizedPair<decltype(Q::steps)>(context, *args.x, *args.y, *args.out,
                                              [](auto a, auto b) { return MTC_PORTABLE::AtLeast(a, b); });
}

MTC_XNNPACK_KERNEL(MaximumQuantized)

}  // namespace MTC_XNNPACK
