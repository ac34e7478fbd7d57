#include "generated/args.h"
#include "kernels/xnnpack/elementwise.h"
#include "selected_kernels.h"

namespace MTC_XNNPACK {

Status PrepareHardswish(PrepareContext& context, const HardswishArgs& args) {
  return PrepareUnary(context, args.x, args.out, xnn_init_f32_hswish_config);
}

template <typename T>
Status RunHardswish(KernelContext& context, const HardswishArgs& args) {
  return RunUnary<T>(context, args.x, args.out);
}

MTC_XNNPACK_KERNEL(Hardswish)

}  // namespace MTC_XNNPACK
