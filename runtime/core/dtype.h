#ifndef MTC_CORE_DTYPE_H_
#define MTC_CORE_DTYPE_H_

#include <cstddef>
#include <cstdint>

namespace mtc {

// The element types, numbered as in the schema and in mtc.h.
enum class DType : uint8_t { kF32, kF64, kF16, kBF16, kI8, kU8, kI16, kI32, kI64, kBool, kQI8, kQU8, kQI4 };
inline constexpr int kDTypeCount = 13;
inline constexpr int kPlainDTypeCount = 10;  // those that a caller sees

constexpr bool IsQuantized(DType dtype) { return dtype >= DType::kQI8; }

// Bytes of one element; of kQI4, two of which share one, that byte.
constexpr size_t SizeOf(DType dtype) {
  constexpr uint8_t kSizes[kDTypeCount] = {4, 8, 2, 2, 1, 1, 2, 4, 8, 1, 1, 1, 1};
  return kSizes[static_cast<int>(dtype)];
}

// A truth value as tensors hold it: true if the byte is not zero. A C++ bool may only be read where 0 or 1 stands,
// which neither a file nor a caller promises.
struct Bool {
  uint8_t byte;

  Bool() = default;
  Bool(bool value) : byte(value ? 1 : 0) {}
  operator bool() const { return byte != 0; }
};

// Integers that stand for real numbers, by the scale and zero point of their tensor.
struct Qi8 {
  int8_t steps;
};
struct Qu8 {
  uint8_t steps;
};
struct Qi4 {
  uint8_t pair;  // the first in the low half
};

}  // namespace mtc

#endif  // MTC_CORE_DTYPE_H_
