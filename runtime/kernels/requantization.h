// From the sum of products of integers to an integer of the result, as mtc/ops/quantized.py defines it.

#ifndef MTC_KERNELS_REQUANTIZATION_H_
#define MTC_KERNELS_REQUANTIZATION_H_

#include <cmath>
#include <vector>

#include "core/quantized.h"
#include "kernels/simd.h"

namespace MTC_PORTABLE {

// One scale of the product for each output channel, or one for all.
struct Requantization : KernelState {
  std::vector<float> scales;   // of x times that of the weights
  std::vector<float> ratios;   // by that of the result
  std::vector<int32_t> zeros;  // of the weights
  const Tensor* bias = nullptr;
  int32_t x_zero = 0, out_zero = 0;
  Steps limits = {};

  size_t at(int64_t channel) const { return scales.size() == 1 ? 0 : static_cast<size_t>(channel); }
  int32_t weight_zero(int64_t channel) const { return zeros[at(channel)]; }

  // What is added to the sums of a channel.
  int64_t Bias(int64_t channel) const {
    if (bias == nullptr) return 0;
    const double steps = std::nearbyint(static_cast<double>(bias->as<const float>()[channel]) /
                                        static_cast<double>(scales[at(channel)]));
    if (steps != steps) return 0;
    return steps <= INT32_MIN ? INT32_MIN : steps >= INT32_MAX ? INT32_MAX : static_cast<int64_t>(steps);
  }

  int32_t Step(int64_t sum, int64_t channel) const {
    const float steps = std::nearbyint(static_cast<float>(sum) * ratios[at(channel)]) + static_cast<float>(out_zero);
    if (!(steps > static_cast<float>(limits.low))) return limits.low;
    return steps >= static_cast<float>(limits.high) ? limits.high : static_cast<int32_t>(steps);
  }
};

#if MTC_ISA_LEVEL == 0
// That of a product of `x` and `weight` with `channels` results. A transposed convolution's groups share their weights'
// scales.
inline Status DeriveRequantization(KernelContext& context, const Tensor& x, const Tensor& weight, const Tensor* bias,
                                   const Tensor& out, Span<const double> clamp, int64_t channels,
                                   Requantization* result) {
  const Quantization &qx = *x.quantization, &qw = *weight.quantization, &qo = *out.quantization;
  if (qx.axis >= 0 || qo.axis >= 0 || qw.block != 0) {
    return context.Fail(Status::kInvalidProgram, "several scales of an operand that has one");
  }
  const int64_t count = qw.axis < 0 ? 1 : qw.count;
  if (count < 1 || channels % count != 0) {
    return context.Fail(Status::kInvalidProgram, "%lld scales of weights for %lld channels",
                        static_cast<long long>(count), static_cast<long long>(channels));
  }
  const int64_t size = count == 1 ? 1 : channels;
  result->scales.clear();
  result->ratios.clear();
  result->zeros.clear();
  const Steps weights = StepsOf(weight.dtype);
  for (int64_t i = 0; i < size; ++i) {
    const float scale = qx.scale * ScaleAt(qw, i % count);
    const int32_t zero = ZeroPointAt(qw, i % count);
    result->scales.push_back(scale);
    result->ratios.push_back(scale / qo.scale);
    result->zeros.push_back(zero < weights.low ? weights.low : zero > weights.high ? weights.high : zero);
  }
  result->bias = bias;
  result->x_zero = qx.zero_point;
  result->out_zero = qo.zero_point;
  result->limits = StepsOf(out.dtype);
  if (clamp.size() == 2) {
    if (clamp[0] > -HUGE_VAL) result->limits.low = QuantizedAs(out, clamp[0]);
    if (clamp[1] < HUGE_VAL) result->limits.high = QuantizedAs(out, clamp[1]);
  }
  return Status::kOk;
}

// The same as the context's state.
inline Status PrepareRequantization(PrepareContext& context, const Tensor& x, const Tensor& weight, const Tensor* bias,
                                    const Tensor& out, Span<const double> clamp, int64_t channels) {
  auto* state = StateOf<Requantization>(context);
  if (state == nullptr) return OutOfMemory(context);
  return DeriveRequantization(context, x, weight, bias, out, clamp, channels, state);
}
#endif

}  // namespace MTC_PORTABLE

#endif  // MTC_KERNELS_REQUANTIZATION_H_
