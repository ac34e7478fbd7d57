// Products of integers with constant weights as XNNPACK's operators take them.

#ifndef MTC_KERNELS_XNNPACK_QUANTIZED_PRODUCT_H_
#define MTC_KERNELS_XNNPACK_QUANTIZED_PRODUCT_H_

#include <algorithm>
#include <array>
#include <vector>

#include "kernels/requantization.h"
#include "kernels/xnnpack/channel_blocks.h"

namespace MTC_XNNPACK {

struct QuantizedProduct {
  float x_scale, out_scale;
  int32_t x_zero, out_zero, weight_zero;
  Steps limits;
  std::vector<float> weight_scales;  // of each output channel
  std::vector<int32_t> bias;         // empty if there is none

  // Null without a bias.
  const int32_t* BiasFrom(int64_t channel) const { return bias.empty() ? nullptr : bias.data() + channel; }
};

#if MTC_ISA_LEVEL == 0
// XNNPACK's operators take one zero point of the weights: 0 if these are signed, and then a scale for each channel; any
// if they are unsigned, and then one scale.
inline Status DeriveQuantizedProduct(KernelContext& context, const Tensor& x, const Tensor& weight, const Tensor* bias,
                                     const Tensor& out, Span<const double> clamp, int64_t channels,
                                     QuantizedProduct* result) {
  MTC_PORTABLE::Requantization derived;
  MTC_RETURN_IF_ERROR(MTC_PORTABLE::DeriveRequantization(context, x, weight, bias, out, clamp, channels, &derived));
  const Quantization& q = *weight.quantization;
  const bool is_signed = weight.dtype == DType::kQI8;
  const bool is_symmetric = std::all_of(derived.zeros.begin(), derived.zeros.end(), [](int32_t z) { return z == 0; });
  if (is_signed ? !is_symmetric : derived.zeros.size() != 1) {
    return context.Fail(Status::kInvalidProgram, "weights are quantized as XNNPACK does not take them");
  }
  result->x_scale = x.quantization->scale;
  result->out_scale = out.quantization->scale;
  result->x_zero = derived.x_zero;
  result->out_zero = derived.out_zero;
  result->weight_zero = derived.zeros[0];
  result->limits = derived.limits;
  const int64_t count = q.axis < 0 ? 1 : q.count;
  for (int64_t i = 0; i < channels; ++i) result->weight_scales.push_back(ScaleAt(q, i % count));
  for (int64_t i = 0; bias != nullptr && i < channels; ++i) {
    result->bias.push_back(static_cast<int32_t>(derived.Bias(i)));
  }
  return Status::kOk;
}
#endif

// Scales and zero points are packed with the weights.
inline std::array<int64_t, 7> QuantizationKey(const Tensor& x, const Tensor& weight, const Tensor& out) {
  const Quantization &qx = *x.quantization, &qw = *weight.quantization;
  return {KeyPart(qx.scale),
          qx.zero_point,
          KeyPart(qw.scale),
          qw.zero_point,
          KeyPart(qw.scales),
          static_cast<int64_t>(qw.scales_type),
          KeyPart(out.quantization->scale)};
}

// The microkernels for elements Q, and what they pack for each output channel: a bias, and a scale where each channel
// has its own.
template <typename Q>
const xnn_gemm_config& GemmConfig() {
  if constexpr (std::is_same_v<Q, Qi8>) return *xnn_selected_qs8_qc8w_gemm_config();
  return *xnn_selected_qu8_gemm_config();
}
template <typename Q>
BlockedSizes QuantizedSizes(int64_t rows, int64_t depth, int64_t taps, int64_t channels) {
  return {rows, depth, taps, channels, sizeof(Q), std::is_same_v<Q, Qi8> ? 8 : 4};
}

}  // namespace MTC_XNNPACK

#endif  // MTC_KERNELS_XNNPACK_QUANTIZED_PRODUCT_H_
