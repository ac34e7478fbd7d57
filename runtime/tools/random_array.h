// Inputs for programs that carry no samples.

#ifndef MTC_TOOLS_RANDOM_ARRAY_H_
#define MTC_TOOLS_RANDOM_ARRAY_H_

#include <algorithm>
#include <cstring>

#include "mtc/mtc.h"
#include "tools/npy.h"

namespace mtc::tools {

// Random elements by a fixed seed. Floats lie in (-1, 1); integers are 0 or 1, which are indices of nearly everything.
class Random {
 public:
  // False if it would have more bytes than anyone wants invented.
  bool Make(const mtc_signature& signature, Npy* array) {
    constexpr size_t kMost = SIZE_MAX < UINT64_C(1) << 32 ? SIZE_MAX / 2 : static_cast<size_t>(UINT64_C(1) << 32);
    array->dtype = signature.dtype;
    size_t bytes = ElementSize(array->dtype);
    for (uint32_t i = 0; i < signature.rank; ++i) {
      array->dims.push_back(std::min(std::max<int64_t>(signature.min_dims[i], 1), signature.max_dims[i]));
      if (__builtin_mul_overflow(bytes, static_cast<size_t>(array->dims.back()), &bytes) || bytes > kMost) return false;
    }
    array->data.resize(bytes);
    for (size_t i = 0; i < bytes; i += ElementSize(array->dtype)) Fill(array->dtype, &array->data[i]);
    return true;
  }

 private:
  uint32_t Next() {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;  // Knuth's MMIX
    return static_cast<uint32_t>(state_ >> 33);
  }
  template <typename T>
  static void Put(uint8_t* to, T value) {
    memcpy(to, &value, sizeof(value));
  }
  void Fill(mtc_dtype dtype, uint8_t* to) {
    const uint32_t bits = Next();
    const double real = static_cast<double>(bits) / (uint32_t{1} << 30) - 1;
    switch (dtype) {
      case MTC_F32:
        return Put(to, static_cast<float>(real));
      case MTC_F64:
        return Put(to, real);
      case MTC_F16:  // exponent of [0.5, 1)
        return Put(to, static_cast<uint16_t>((bits & 0x83ff) | 0x3800));
      case MTC_BF16:
        return Put(to, static_cast<uint16_t>((bits & 0x807f) | 0x3f00));
      case MTC_I8:
      case MTC_U8:
      case MTC_BOOL:
        return Put(to, static_cast<uint8_t>(bits & 1));
      case MTC_I16:
        return Put(to, static_cast<int16_t>(bits & 1));
      case MTC_I32:
        return Put(to, static_cast<int32_t>(bits & 1));
      case MTC_I64:
        return Put(to, static_cast<int64_t>(bits & 1));
    }
  }
  uint64_t state_ = 1;
};

}  // namespace mtc::tools

#endif  // MTC_TOOLS_RANDOM_ARRAY_H_
