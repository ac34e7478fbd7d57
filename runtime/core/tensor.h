#ifndef MTC_CORE_TENSOR_H_
#define MTC_CORE_TENSOR_H_

#include <cstdint>

#include "core/dtype.h"
#include "core/span.h"

namespace mtc {

inline constexpr int kMaxRank = 8;
inline constexpr uint32_t kNotConstant = UINT32_MAX;

// What quantized elements stand for: scale * (element - zero_point). Per tensor if `axis` is -1. Otherwise a
// constant's: a scale for each index of `axis`, or, with `block`, for each block along it of each row. Numbers come
// from a file: kernels have to bear any.
struct Quantization {
  float scale = 1;
  int32_t zero_point = 0;
  int axis = -1;
  int64_t block = 0;
  int64_t count = 1;  // of scales
  DType scales_type = DType::kF32;
  const void* scales = nullptr;          // f32 or f16
  const int32_t* zero_points = nullptr;  // null: `zero_point` is that of all
};

// Row-major elements. Rows (the last axis) are dense and lie `pitch` elements apart: a tensor with pitch == dims.back()
// is dense; a larger pitch means that it lies inside another tensor, as the input of a concat without copy does. Only
// kernels that declare it (KernelEntry) see a pitch that is not dense.
struct Tensor {
  void* data = nullptr;
  int64_t dims[kMaxRank] = {};
  int64_t pitch = 0;
  uint32_t constant = kNotConstant;            // index in the program
  const Quantization* quantization = nullptr;  // of quantized elements only
  uint8_t rank = 0;
  DType dtype = DType::kF32;

  Span<const int64_t> shape() const { return {dims, rank}; }
  // Dim `axis`, counted from the end if negative.
  int64_t dim(int axis) const { return dims[axis < 0 ? axis + rank : axis]; }
  int64_t count() const {
    int64_t n = 1;
    for (int i = 0; i < rank; ++i) n *= dims[i];
    return n;
  }
  // Elements of the last axis, and how many rows of them there are. A scalar is one row of one.
  int64_t row_size() const { return rank == 0 ? 1 : dims[rank - 1]; }
  int64_t rows() const {
    int64_t n = 1;
    for (int i = 0; i + 1 < rank; ++i) n *= dims[i];
    return n;
  }
  bool is_dense() const { return rank == 0 || pitch == dims[rank - 1]; }
  bool is_constant() const { return constant != kNotConstant; }

  template <typename T>
  T* as() const {
    return static_cast<T*>(data);
  }
};

}  // namespace mtc

#endif  // MTC_CORE_TENSOR_H_
