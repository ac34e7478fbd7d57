// Tensors as text, and how far one is from another.

#ifndef MTC_TOOLS_COMPARE_H_
#define MTC_TOOLS_COMPARE_H_

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>

#include "mtc/mtc.h"
#include "tools/npy.h"
#include "tools/text.h"

namespace mtc::tools {

inline Text Describe(mtc_dtype dtype, const int64_t* dims, uint32_t rank) {
  static constexpr const char* kNames[] = {"f32", "f64", "f16", "bf16", "i8", "u8", "i16", "i32", "i64", "bool"};
  Text text = Text(kNames[dtype]) + "[";
  for (uint32_t i = 0; i < rank; ++i) text += (i == 0 ? "" : ", ") + Number(dims[i]);
  return text + "]";
}

template <typename T>
double Read(const void* data, size_t index) {
  T value;
  memcpy(&value, static_cast<const uint8_t*>(data) + index * sizeof(T), sizeof(T));
  return static_cast<double>(value);
}

inline double ReadHalf(const void* data, size_t index) {
  uint16_t bits;
  memcpy(&bits, static_cast<const uint8_t*>(data) + index * sizeof(bits), sizeof(bits));
  const int exponent = bits >> 10 & 31, mantissa = bits & 1023;
  double value = exponent == 0 ? std::ldexp(mantissa, -24) : std::ldexp(mantissa + 1024, exponent - 25);
  if (exponent == 31) value = mantissa == 0 ? INFINITY : NAN;
  return bits >> 15 != 0 ? -value : value;
}

inline bool IsFloat(mtc_dtype dtype) {
  return dtype == MTC_F32 || dtype == MTC_F64 || dtype == MTC_F16 || dtype == MTC_BF16;
}

inline double Element(const mtc_tensor& tensor, size_t index) {
  switch (tensor.dtype) {
    case MTC_F32:
      return Read<float>(tensor.data, index);
    case MTC_F64:
      return Read<double>(tensor.data, index);
    case MTC_F16:
      return ReadHalf(tensor.data, index);
    case MTC_BF16: {
      const uint32_t bits = static_cast<uint32_t>(Read<uint16_t>(tensor.data, index)) << 16;
      return Read<float>(&bits, 0);
    }
    case MTC_I8:
      return Read<int8_t>(tensor.data, index);
    case MTC_U8:
    case MTC_BOOL:
      return Read<uint8_t>(tensor.data, index);
    case MTC_I16:
      return Read<int16_t>(tensor.data, index);
    case MTC_I32:
      return Read<int32_t>(tensor.data, index);
    case MTC_I64:
      return Read<int64_t>(tensor.data, index);
  }
  return 0;
}

inline constexpr double kMaxRelative = 1e-3;  // what other kernels and orders of sums may change

// The largest difference, and what it is of the source model's largest value, as `mtc verify` measures it: infinite for
// integers that are not equal. Ends with `: differs` where this is not the same result any more.
inline Text Compare(const mtc_tensor& got, const mtc_tensor& expected) {
  if (got.dtype != expected.dtype || got.size != expected.size || got.rank != expected.rank ||
      !std::equal(got.dims, got.dims + got.rank, expected.dims)) {
    return "the source model gave " + Describe(expected.dtype, expected.dims, expected.rank) + ": differs";
  }
  double absolute = 0, largest = 0;
  for (size_t i = 0; i < got.size / ElementSize(got.dtype); ++i) {
    const double a = Element(got, i), b = Element(expected, i);
    if (std::isfinite(b)) largest = std::max(largest, std::fabs(b));
    if (a == b || (std::isnan(a) && std::isnan(b))) continue;
    absolute = std::max(absolute, std::isnan(a - b) ? INFINITY : std::fabs(a - b));
  }
  const double limit = IsFloat(got.dtype) ? largest : 0;
  const double relative = absolute == 0 ? 0 : absolute / limit;
  char text[96];
  snprintf(text, sizeof(text), "max_abs %.3g, max_rel %.3g%s", absolute, relative,
           relative > kMaxRelative ? ": differs" : "");
  return text;
}

}  // namespace mtc::tools

#endif  // MTC_TOOLS_COMPARE_H_
