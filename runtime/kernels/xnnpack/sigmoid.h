// The sigmoid microkernel, mended.

#ifndef MTC_KERNELS_XNNPACK_SIGMOID_H_
#define MTC_KERNELS_XNNPACK_SIGMOID_H_

#include "kernels/xnnpack/elementwise.h"

namespace MTC_XNNPACK {

inline constexpr int64_t kSigmoidPart = 1024;  // elements that stay in the L1 cache between two microkernels

struct SigmoidState : KernelState {
  xnn_vunary_ukernel_fn clamp = nullptr;
  xnn_vunary_ukernel_fn sigmoid = nullptr;
  xnn_vbinary_ukernel_fn multiply = nullptr;  // silu only
  xnn_unary_uparams clamp_params = {};

  // out = sigmoid(x) for at most kSigmoidPart elements. The microkernel makes NaN of numbers beyond about 1e30, such as
  // the lowest float that masks are made of; at 150 the result is 0 or 1 already.
  void Compute(size_t bytes, const float* x, float* out) const {
    alignas(64) float limited[kSigmoidPart + XNN_EXTRA_BYTES / sizeof(float)];
    const xnn_unary_uparams none = {};
    clamp(bytes, x, limited, &clamp_params);
    sigmoid(bytes, limited, out, &none);
  }
};

// Null if there is no memory or no such microkernel.
inline SigmoidState* PrepareSigmoidState(KernelContext& context) {
  auto* state = StateOf<SigmoidState>(context);
  const xnn_unary_elementwise_config* clamp = xnn_init_f32_clamp_config();
  const xnn_unary_elementwise_config* sigmoid = xnn_init_f32_sigmoid_config();
  if (state == nullptr || clamp == nullptr || sigmoid == nullptr) return nullptr;
  xnn_unary_params limits = {};
  limits.clamp.min = -150;
  limits.clamp.max = 150;
  clamp->init(&state->clamp_params, &limits, nullptr, nullptr);
  state->clamp = clamp->ukernel;
  state->sigmoid = sigmoid->ukernel;
  return state;
}

}  // namespace MTC_XNNPACK

#endif  // MTC_KERNELS_XNNPACK_SIGMOID_H_
