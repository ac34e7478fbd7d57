// Products of floats that are rounded to 8 bits as they come with constant weights of 8 bits, as XNNPACK's operators
// take them ("qd8_f32_qc8w").

#ifndef MTC_KERNELS_XNNPACK_DYNAMIC_PRODUCT_H_
#define MTC_KERNELS_XNNPACK_DYNAMIC_PRODUCT_H_

#include <array>
#include <vector>

#include "kernels/rounded_rows.h"
#include "kernels/xnnpack/channel_blocks.h"

namespace MTC_XNNPACK {

// The scales of integers that were rounded, and these: in scratch, in this order. Rows are what has a scale of its own.
struct RoundedOperand {
  xnn_quantization_params* scales;
  int8_t* steps;

  // XNNPACK's kernels read the scales of more rows, and more integers, than there are: of a whole tile, which may have
  // 16 rows, more than XNN_EXTRA_QUANTIZATION_PARAMS. What they compute with these is stored over the last row.
  static constexpr int kMoreRows = 16;
  static size_t ScalesSize(int64_t rows) {
    return static_cast<size_t>(rows + kMoreRows) * sizeof(xnn_quantization_params);
  }
  static size_t Size(int64_t rows, int64_t elements) {
    return ScalesSize(rows) + static_cast<size_t>(elements) + XNN_EXTRA_BYTES;
  }
  static RoundedOperand In(void* scratch, int64_t rows) {
    return {static_cast<xnn_quantization_params*>(scratch), static_cast<int8_t*>(scratch) + ScalesSize(rows)};
  }

  void SetScale(int64_t row, const MTC_PORTABLE::RowScale& by) const { scales[row] = {by.zero, by.scale}; }
  void PadScales(int64_t rows) const {
    for (int i = 0; i < kMoreRows; ++i) scales[rows + i] = scales[rows - 1];
  }
};

#if MTC_ISA_LEVEL == 0
// The scale of each output channel. XNNPACK's weights are symmetric.
inline Status WeightScales(KernelContext& context, const Tensor& weight, std::vector<float>* scales) {
  const Quantization& q = *weight.quantization;
  const int64_t channels = weight.dims[0];
  bool is_symmetric = q.block == 0 && q.axis <= 0;
  scales->clear();
  for (int64_t i = 0; i < channels && is_symmetric; ++i) {
    const int64_t at = q.axis < 0 ? 0 : i;
    is_symmetric = ZeroPointAt(q, at) == 0;
    scales->push_back(ScaleAt(q, at));
  }
  if (is_symmetric) return Status::kOk;
  return context.Fail(Status::kInvalidProgram, "weights are quantized as XNNPACK does not take them");
}

// The weights' scales are packed with them.
inline std::array<int64_t, 7> ScalesKey(const Tensor& weight) {
  const Quantization& q = *weight.quantization;
  return {KeyPart(q.scale), KeyPart(q.scales), static_cast<int64_t>(q.scales_type)};
}

inline const xnn_gemm_config& DynamicGemmConfig() { return *xnn_selected_qd8_f32_qc8w_gemm_config(); }

// A sum of weights, a scale and a bias are packed for each output channel.
inline BlockedSizes DynamicSizes(int64_t rows, int64_t depth, int64_t taps, int64_t channels) {
  return {rows, depth, taps, channels, sizeof(int8_t), sizeof(int32_t) + 2 * sizeof(float)};
}
#endif

}  // namespace MTC_XNNPACK

#endif  // MTC_KERNELS_XNNPACK_DYNAMIC_PRODUCT_H_
