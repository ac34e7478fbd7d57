#include "generated/args.h"
#include "kernels/xnnpack/elementwise.h"
#include "selected_kernels.h"

namespace MTC_XNNPACK {

Status PrepareLeakyRelu(PrepareContext& context, const LeakyReluArgs& args) {
  xnn_unary_params params = {};
  params.leaky_relu.negative_slope = static_cast<float>(args.negative_slope);
  return PrepareUnary(context, args.x, args.out, xnn_init_f32_lrelu_config, params);
}

template <typename T>
Status RunLeakyRelu(KernelContext& context, const LeakyReluArgs& args) {
  return RunUnary<T>(context, args.x, args.out);
}

MTC_XNNPACK_KERNEL(LeakyRelu)

}  // namespace MTC_XNNPACK
