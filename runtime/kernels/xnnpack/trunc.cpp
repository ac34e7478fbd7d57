#include "generated/args.h"
#include "kernels/xnnpack/elementwise.h"
#include "selected_kernels.h"

namespace MTC_XNNPACK {

Status PrepareTrunc(PrepareContext& context, const TruncArgs& args) {
  return PrepareUnary(context, args.x, args.out, xnn_init_f32_rndz_config);
}

template <typename T>
Status RunTrunc(KernelContext& context, const TruncArgs& args) {
  return RunUnary<T>(context, args.x, args.out);
}

MTC_XNNPACK_KERNEL(Trunc)

}  // namespace MTC_XNNPACK
