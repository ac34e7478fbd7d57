// What Prepare does differently for each dtype, compiled for the selected ones as Run is.

#ifndef MTC_KERNELS_SELECTED_TYPES_H_
#define MTC_KERNELS_SELECTED_TYPES_H_

#include <type_traits>

#include "core/half.h"
#include "kernels/kernel.h"

namespace mtc::kernels {

// A list of types, after void.
template <typename... Types>
struct SelectedTypes;

// The types of the first operand that a kernel is selected for.
#define MTC_PORTABLE_TYPES(Op) SelectedTypes<void MTC_SELECTED_portable_##Op(MTC_NEXT_TYPE)>
#define MTC_XNNPACK_TYPES(Op) SelectedTypes<void MTC_SELECTED_xnnpack_##Op(MTC_NEXT_TYPE)>
#define MTC_NEXT_TYPE(Op, T, ...) , T
// Those of the second one.
#define MTC_XNNPACK_WEIGHT_TYPES(Op) SelectedTypes<void MTC_SELECTED_xnnpack_##Op(MTC_NEXT_WEIGHT_TYPE)>
#define MTC_NEXT_WEIGHT_TYPE(Op, T, W) , W
// Whether a variant of the kernel is selected for elements T: what only the others need is left out.
#define MTC_HAS_VARIANT(library, Op, variant, T) \
  SelectedTypes<void MTC_SELECTED_##library##_##Op##_##variant(MTC_NEXT_TYPE)>::template kHas<T>

// The weights that a kernel is selected for: constant ones, which it packs once, and others.
template <bool kHasConstant, bool kHasVariable>
struct WeightKinds {
  static constexpr bool kConstant = kHasConstant, kVariable = kHasVariable;

  static bool IsConstant(const Tensor& weight) { return kConstant && (!kVariable || weight.is_constant()); }
  static Status Check(KernelContext& context, const Tensor& weight) {
    if (weight.is_constant() ? kConstant : kVariable) return Status::kOk;
    return context.Fail(Status::kInvalidProgram, "this runtime was built without the variant `%s`",
                        weight.is_constant() ? "constant" : "variable");
  }
};
#define MTC_WEIGHT_KINDS(library, Op, T) \
  WeightKinds<MTC_HAS_VARIANT(library, Op, constant, T), MTC_HAS_VARIANT(library, Op, variable, T)>

constexpr DType DTypeOf(float) { return DType::kF32; }
constexpr DType DTypeOf(double) { return DType::kF64; }
constexpr DType DTypeOf(Half) { return DType::kF16; }
constexpr DType DTypeOf(BFloat16) { return DType::kBF16; }
constexpr DType DTypeOf(Bool) { return DType::kBool; }
constexpr DType DTypeOf(int8_t) { return DType::kI8; }
constexpr DType DTypeOf(uint8_t) { return DType::kU8; }
constexpr DType DTypeOf(int16_t) { return DType::kI16; }
constexpr DType DTypeOf(int32_t) { return DType::kI32; }
constexpr DType DTypeOf(int64_t) { return DType::kI64; }
constexpr DType DTypeOf(Qi8) { return DType::kQI8; }
constexpr DType DTypeOf(Qu8) { return DType::kQU8; }
constexpr DType DTypeOf(Qi4) { return DType::kQI4; }

template <typename... Types>
struct SelectedTypes<void, Types...> {
  template <typename T>
  static constexpr bool kHas = (std::is_same_v<T, Types> || ...);

  // Calls body(T{}), where T is the type of elements of `dtype`.
  template <typename Body>
  static Status With(KernelContext& context, DType dtype, const Body& body) {
    Status status = Status::kOk;
    const bool is_selected = ((dtype == DTypeOf(Types{}) && (status = body(Types{}), true)) || ...);
    return is_selected ? status : context.Fail(Status::kInvalidProgram, "operands of another dtype");
  }
};

}  // namespace mtc::kernels

#endif  // MTC_KERNELS_SELECTED_TYPES_H_
