#include "generated/args.h"
#include "kernels/xnnpack/elementwise.h"
#include "selected_kernels.h"

namespace MTC_XNNPACK {

Status PrepareAbs(PrepareContext& context, const AbsArgs& args) {
  return PrepareUnary(context, args.x, args.out, xnn_init_f32_abs_config);
}

template <typename T>
Status RunAbs(KernelContext& context, const AbsArgs& args) {
  return RunUnary<T>(context, args.x, args.out);
}

MTC_XNNPACK_KERNEL(Abs)

}  // namespace MTC_XNNPACK
