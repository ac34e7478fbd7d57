#include "generated/args.h"
#include "kernels/xnnpack/elementwise.h"
#include "selected_kernels.h"

namespace MTC_XNNPACK {

Status PrepareCeil(PrepareContext& context, const CeilArgs& args) {
  return PrepareUnary(context, args.x, args.out, xnn_init_f32_rndu_config);
}

template <typename T>
Status RunCeil(KernelContext& context, const CeilArgs& args) {
  return RunUnary<T>(context, args.x, args.out);
}

MTC_XNNPACK_KERNEL(Ceil)

}  // namespace MTC_XNNPACK
