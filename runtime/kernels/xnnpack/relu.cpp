#include <limits>

#include "generated/args.h"
#include "kernels/xnnpack/elementwise.h"
#include "selected_kernels.h"

namespace MTC_XNNPACK {

// XNNPACK has a microkernel of its own only where a clamp is slower: WebAssembly and RISC-V.
Status PrepareRelu(PrepareContext& context, const ReluArgs& args) {
  xnn_unary_params params = {};
  params.clamp.min = 0;
  params.clamp.max = std::numeric_limits<float>::infinity();
  return PrepareUnary(context, args.x, args.out, xnn_init_f32_clamp_config, params);
}

template <typename T>
Status RunRelu(KernelContext& context, const ReluArgs& args) {
  return RunUnary<T>(context, args.x, args.out);
}

MTC_XNNPACK_KERNEL(Relu)

}  // namespace MTC_XNNPACK
