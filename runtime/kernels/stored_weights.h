// Weights in fewer bits than they are computed with: rows of them made f32, or 16-bit integers, as they are needed.

#ifndef MTC_KERNELS_STORED_WEIGHTS_H_
#define MTC_KERNELS_STORED_WEIGHTS_H_

#include "core/quantized.h"
#include "kernels/simd.h"

namespace MTC_PORTABLE {

// What is unpacked at a time; each function below takes any number of elements.
inline constexpr int64_t kUnpacked = 256;

typedef int8_t Bytes16 __attribute__((vector_size(16)));

// The 32 numbers of 16 bytes, two to a byte.
MTC_INLINE void UnpackPairs(const uint8_t* from, int8_t* to) {
  Bytes16 pairs;
  __builtin_memcpy(&pairs, from, sizeof pairs);
  typedef uint8_t Unsigned16 __attribute__((vector_size(16)));
  const Bytes16 low = reinterpret_cast<Bytes16>(reinterpret_cast<Unsigned16>(pairs) << 4) >> 4, high = pairs >> 4;
  Bytes16 parts[2];
  for (int i = 0; i < 8; ++i) {
    parts[0][2 * i] = low[i];
    parts[0][2 * i + 1] = high[i];
    parts[1][2 * i] = low[8 + i];
    parts[1][2 * i + 1] = high[8 + i];
  }
  __builtin_memcpy(to, parts, sizeof parts);
}

// `count` integers of a row of quantized elements; of pairs, `from` begins at an even element.
MTC_INLINE const int8_t* StepsOfRow(const Qi8* from, int64_t, int8_t*) { return reinterpret_cast<const int8_t*>(from); }
MTC_INLINE const int8_t* StepsOfRow(const Qi4* from, int64_t count, int8_t* buffer) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(from);
  int64_t i = 0;
  for (; i + 32 <= count; i += 32) UnpackPairs(bytes + i / 2, buffer + i);
  for (; i < count; ++i) {
    const int shifted = i % 2 != 0 ? bytes[i / 2] & 0xf0 : bytes[i / 2] << 4;
    buffer[i] = static_cast<int8_t>(static_cast<int8_t>(shifted) >> 4);
  }
  return buffer;
}

// Where element `index` of a row of elements is.
template <typename W>
MTC_INLINE const W* RowPart(const Tensor& weight, int64_t row, int64_t index) {
  constexpr int64_t kEach = std::is_same_v<W, Qi4> ? 2 : 1;
  return weight.as<const W>() + (row * weight.row_size() + index) / kEach;
}

// Calls body(first, count, scale, zero_point) for the parts of a row that share a scale, kUnpacked elements at most and
// an even number from the row's begin.
template <typename Body>
MTC_INLINE void ForScales(const Tensor& weight, int64_t row, const Body& body) {
  const Quantization& q = *weight.quantization;
  const int64_t size = weight.row_size(), block = q.block != 0 ? q.block : size;
  const int64_t blocks = q.block != 0 ? size / block + (size % block != 0) : 1;
  for (int64_t first = 0, b = 0; first < size; first += block, ++b) {
    const int64_t at = q.axis < 0 ? 0 : q.block != 0 ? row * blocks + b : row;
    const float scale = ScaleAt(q, at);
    const int32_t zero = ZeroPointAt(q, at);
    for (int64_t i = first; i < Least(first + block, size); i += kUnpacked) {
      body(i, Least(kUnpacked, Least(first + block, size) - i), scale, zero);
    }
  }
}

// Calls body(first, count, numbers) for the parts of a row of weights in f32.
template <typename W, typename Body>
MTC_INLINE void ForRow(const Tensor& weight, int64_t row, const Body& body) {
  alignas(64) float numbers[kUnpacked];
  if constexpr (kIsHalf<W>) {
    for (int64_t first = 0; first < weight.row_size(); first += kUnpacked) {
      const int64_t count = Least(kUnpacked, weight.row_size() - first);
      const W* from = RowPart<W>(weight, row, first);
      for (int64_t i = 0; i < count; ++i) numbers[i] = static_cast<float>(from[i]);
      body(first, count, numbers);
    }
  } else {
    alignas(64) int8_t buffer[kUnpacked];
    ForScales(weight, row, [&](int64_t first, int64_t count, float scale, int32_t zero) {
      const int8_t* steps = StepsOfRow(RowPart<W>(weight, row, first), count, buffer);
      const float shift = static_cast<float>(zero);
      for (int64_t i = 0; i < count; ++i) numbers[i] = (static_cast<float>(steps[i]) - shift) * scale;
      body(first, count, numbers);
    });
  }
}

#if MTC_ISA_LEVEL == 0
// Whether a row's scales are those that the functions above find: one for all, one for each row, or blocks of a row of
// an even number of elements.
inline Status CheckStored(PrepareContext& context, const Tensor& weight) {
  if (weight.dtype == DType::kQI4 && weight.row_size() % 2 != 0) {
    return context.Fail(Status::kInvalidProgram, "rows of an odd number of pairs");
  }
  if (weight.quantization == nullptr) return Status::kOk;
  const Quantization& q = *weight.quantization;
  const bool is_by_row =
      q.axis < 0 || (q.axis == 0 && q.block == 0) || (q.axis == 1 && q.block > 0 && q.block % 2 == 0);
  return is_by_row ? Status::kOk : context.Fail(Status::kInvalidProgram, "scales that are not by row");
}
#endif

}  // namespace MTC_PORTABLE

#endif  // MTC_KERNELS_STORED_WEIGHTS_H_
