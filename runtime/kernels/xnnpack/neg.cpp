#include "generated/args.h"
#include "kernels/xnnpack/elementwise.h"
#include "selected_kernels.h"

namespace MTC_XNNPACK {

Status PrepareNeg(PrepareContext& context, const NegArgs& args) {
  return PrepareUnary(context, args.x, args.out, xnn_init_f32_neg_config);
}

template <typename T>
Status RunNeg(KernelContext& context, const NegArgs& args) {
  return RunUnary<T>(context, args.x, args.out);
}

MTC_XNNPACK_KERNEL(Neg)

}  // namespace MTC_XNNPACK
