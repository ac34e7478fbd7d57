// Quantized elements and the real numbers that they stand for: scale * (element - zero_point).

#ifndef MTC_CORE_QUANTIZED_H_
#define MTC_CORE_QUANTIZED_H_

#include <cmath>
#include <cstdint>

#include "core/half.h"
#include "core/tensor.h"

namespace mtc {

// Always inlined: of an ordinary function the linker keeps one copy of all the instruction-set levels', and it may be
// one that this processor cannot run.
#define MTC_OF_STEPS [[gnu::always_inline]] inline

// The integers of a quantized type.
struct Steps {
  int32_t low, high;
};
MTC_OF_STEPS constexpr Steps StepsOf(DType dtype) {
  return dtype == DType::kQU8 ? Steps{0, 255} : dtype == DType::kQI8 ? Steps{-128, 127} : Steps{-8, 7};
}

// The element nearest to a real number: rounded half to even, saturated; NaN becomes the zero point.
template <typename Float>
MTC_OF_STEPS int32_t Quantized(Float value, Float scale, int32_t zero_point, Steps steps) {
  const Float moved = std::nearbyint(value / scale) + static_cast<Float>(zero_point);
  if (moved != moved) return zero_point;
  if (moved <= static_cast<Float>(steps.low)) return steps.low;
  return moved >= static_cast<Float>(steps.high) ? steps.high : static_cast<int32_t>(moved);
}

// A real number as an element of a tensor with one scale.
MTC_OF_STEPS int32_t QuantizedAs(const Tensor& tensor, double value) {
  const Quantization& q = *tensor.quantization;
  return Quantized<double>(value, static_cast<double>(q.scale), q.zero_point, StepsOf(tensor.dtype));
}

// Of several scales, the one of that number; a file's, so that it may be any float.
MTC_OF_STEPS float ScaleAt(const Quantization& q, int64_t index) {
  if (q.scales == nullptr) return q.scale;
  if (q.scales_type == DType::kF32) return static_cast<const float*>(q.scales)[index];
  return static_cast<float>(static_cast<const Half*>(q.scales)[index]);
}
MTC_OF_STEPS int32_t ZeroPointAt(const Quantization& q, int64_t index) {
  return q.zero_points == nullptr ? q.zero_point : q.zero_points[index];
}

// Element `index` of a tensor.
MTC_OF_STEPS int32_t StepAt(const Tensor& tensor, int64_t index) {
  if (tensor.dtype == DType::kQU8) return tensor.as<const uint8_t>()[index];
  if (tensor.dtype == DType::kQI8) return tensor.as<const int8_t>()[index];
  const uint8_t pair = tensor.as<const uint8_t>()[index / 2];
  return static_cast<int8_t>((index % 2 != 0 ? pair >> 4 : pair & 0xf) << 4) >> 4;
}

MTC_OF_STEPS void SetStep(const Tensor& tensor, int64_t index, int32_t step) {
  tensor.as<uint8_t>()[index] = static_cast<uint8_t>(step);
}

// Where in the list of its scales that of element `index` stands.
MTC_OF_STEPS int64_t ScaleIndex(const Tensor& tensor, int64_t index) {
  const Quantization& q = *tensor.quantization;
  if (q.axis < 0) return 0;
  int64_t inner = 1;  // elements behind the axis
  for (int axis = q.axis + 1; axis < tensor.rank; ++axis) inner *= tensor.dims[axis];
  const int64_t size = tensor.dims[q.axis], at = index / inner % size;
  if (q.block == 0) return at;
  const int64_t blocks = size / q.block + (size % q.block != 0);
  return (index / inner / size * inner + index % inner) * blocks + at / q.block;
}

#undef MTC_OF_STEPS

}  // namespace mtc

#endif  // MTC_CORE_QUANTIZED_H_
