// Sums and products of integers, element by element, by XNNPACK's microkernels.

#ifndef MTC_KERNELS_XNNPACK_QUANTIZED_ELEMENTWISE_H_
#define MTC_KERNELS_XNNPACK_QUANTIZED_ELEMENTWISE_H_

#include "kernels/selected_types.h"
#include "kernels/xnnpack/elementwise.h"

namespace MTC_XNNPACK {

template <typename Q>
const xnn_binary_elementwise_config* SumConfig() {
  if constexpr (std::is_same_v<Q, Qi8>) return xnn_init_qs8_vadd_config();
  return xnn_init_qu8_vadd_config();
}
template <typename Q>
const xnn_binary_elementwise_config* ProductConfig() {
  if constexpr (std::is_same_v<Q, Qi8>) return xnn_init_qs8_vmul_config();
  return xnn_init_qu8_vmul_config();
}

// `ratios` are what elements are multiplied by, of which the microkernels take a range from `least`; `sign` is -1 for a
// difference.
inline Status PrepareQuantizedBinary(PrepareContext& context, const Tensor* x, const Tensor* y, Tensor* out,
                                     Span<const float> ratios, float least, const xnn_binary_elementwise_config* config,
                                     float sign) {
  MTC_RETURN_IF_ERROR(BroadcastShape(context, x, y, out));
  if (x->quantization->axis >= 0 || y->quantization->axis >= 0 || out->quantization->axis >= 0) {
    return context.Fail(Status::kInvalidProgram, "several scales of an operand");
  }
  for (const float ratio : ratios) {
    if (!(ratio >= least && ratio < 256)) {
      return context.Fail(Status::kInvalidProgram, "scales that are %g times that of the result",
                          static_cast<double>(ratio));
    }
  }
  auto* state = StateOf<BinaryState>(context);
  if (state == nullptr) return OutOfMemory(context);
  state->config = config;
  if (config == nullptr || config->op_ukernel == nullptr) return Unsupported(context);
  const auto params = [](const Tensor& tensor, float factor) {
    return xnn_quantization_params{tensor.quantization->zero_point, factor * tensor.quantization->scale};
  };
  const xnn_quantization_params of_x = params(*x, 1), of_y = params(*y, sign), of_out = params(*out, 1);
  config->init(&state->params, &of_x, &of_y, &of_out);
  config->init(&state->swapped, &of_y, &of_x, &of_out);
  return Status::kOk;
}

template <typename Args>
Status PrepareQuantizedSum(PrepareContext& context, const Args& args, const xnn_binary_elementwise_config* config,
                           float sign) {
  const float scale = args.out->quantization->scale;
  const float ratios[] = {args.x->quantization->scale / scale, args.y->quantization->scale / scale};
  return PrepareQuantizedBinary(context, args.x, args.y, args.out, ratios, 1.0f / (1 << 10), config, sign);
}

}  // namespace MTC_XNNPACK

#endif  // MTC_KERNELS_XNNPACK_QUANTIZED_ELEMENTWISE_H_
