// Operators on two tensors of integers, element by element. Sums are XNNPACK's microkernels, and products where vectors
// have four elements; all others are mtc's own. Every processor gives the same results.

#ifndef MTC_KERNELS_XNNPACK_QUANTIZED_ELEMENTWISE_H_
#define MTC_KERNELS_XNNPACK_QUANTIZED_ELEMENTWISE_H_

#include "kernels/selected_types.h"
#include "kernels/step_vectors.h"
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

// out = f(x, y) of vectors of elements, to which the zero point of `out` is added.
template <typename Step, typename F>
MTC_INLINE void MapQuantized(KernelContext& context, const Tensor& x, const Tensor& y, const Tensor& out, const F& f) {
  using namespace MTC_PORTABLE;
  const StepLimits limits = LimitsOf(out);
  const ElementLoops loops(out, {&x, &y});
  const bool is_x_single = loops.inner_step(0) == 0, is_y_single = loops.inner_step(1) == 0;
  loops.Run(context.threads, [&](int64_t to, int64_t x_from, int64_t y_from, int64_t count) {
    const Step* a = x.as<const Step>() + x_from;
    const Step* b = y.as<const Step>() + y_from;
    const Vec one_a = Splat<Vec>(static_cast<float>(*a)), one_b = Splat<Vec>(static_cast<float>(*b));
    Step* result = out.as<Step>() + to;
    if (is_y_single) {
      MapSteps(result, count, limits, [&](const StepLanes& lanes) { return f(is_x_single ? one_a : lanes(a), one_b); });
    } else if (is_x_single) {
      MapSteps(result, count, limits, [&](const StepLanes& lanes) { return f(one_a, lanes(b)); });
    } else {
      MapSteps(result, count, limits, [&](const StepLanes& lanes) { return f(lanes(a), lanes(b)); });
    }
  });
}

template <typename Step>
Status RunQuantizedProduct(KernelContext& context, const Tensor& x, const Tensor& y, const Tensor& out) {
#if MTC_ISA_LEVEL == 0
  return RunBinary<Step>(context, &x, &y, &out);
#else
  using namespace MTC_PORTABLE;
  if (out.count() == 0) return Status::kOk;
  const Quantization &qx = *x.quantization, &qy = *y.quantization;
  const Vec ratio = Splat<Vec>(qx.scale * qy.scale / out.quantization->scale);
  const Vec zero_x = Splat<Vec>(static_cast<float>(qx.zero_point));
  const Vec zero_y = Splat<Vec>(static_cast<float>(qy.zero_point));
  MapQuantized<Step>(context, x, y, out, [&](Vec a, Vec b) { return (a - zero_x) * (b - zero_y) * ratio; });
  return Status::kOk;
#endif
}

// out = f(x, y) of the numbers themselves, in steps of the result.
template <typename Step, typename F>
Status RunQuantizedPair(KernelContext& context, const Tensor& x, const Tensor& y, const Tensor& out, const F& f) {
  using namespace MTC_PORTABLE;
  if (out.count() == 0) return Status::kOk;
  const Quantization &qx = *x.quantization, &qy = *y.quantization;
  const Vec ratio_x = Splat<Vec>(qx.scale / out.quantization->scale);
  const Vec ratio_y = Splat<Vec>(qy.scale / out.quantization->scale);
  const Vec zero_x = Splat<Vec>(static_cast<float>(qx.zero_point));
  const Vec zero_y = Splat<Vec>(static_cast<float>(qy.zero_point));
  MapQuantized<Step>(context, x, y, out,
                     [&](Vec a, Vec b) { return f((a - zero_x) * ratio_x, (b - zero_y) * ratio_y); });
  return Status::kOk;
}

}  // namespace MTC_XNNPACK

#endif  // MTC_KERNELS_XNNPACK_QUANTIZED_ELEMENTWISE_H_
