#include "generated/args.h"
#include "kernels/xnnpack/elementwise.h"
#include "selected_kernels.h"

namespace MTC_XNNPACK {

Status PrepareClamp(PrepareContext& context, const ClampArgs& args) {
  xnn_unary_params params = {};
  params.clamp.min = static_cast<float>(args.min);
  params.clamp.max = static_cast<float>(args.max);
  return PrepareUnary(context, args.x, args.out, xnn_init_f32_clamp_config, params);
}

template <typename T>
Status RunClamp(KernelContext& context, const ClampArgs& args) {
  return RunUnary<T>(context, args.x, args.out);
}

MTC_XNNPACK_KERNEL(Clamp)

}  // namespace MTC_XNNPACK
