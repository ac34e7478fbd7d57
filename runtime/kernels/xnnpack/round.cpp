#include "generated/args.h"
#include "kernels/xnnpack/elementwise.h"
#include "selected_kernels.h"

namespace MTC_XNNPACK {

Status PrepareRound(PrepareContext& context, const RoundArgs& args) {
  return PrepareUnary(context, args.x, args.out, xnn_init_f32_rndne_config);
}

template <typename T>
Status RunRound(KernelContext& context, const RoundArgs& args) {
  return RunUnary<T>(context, args.x, args.out);
}

MTC_XNNPACK_KERNEL(Round)

}  // namespace MTC_XNNPACK
