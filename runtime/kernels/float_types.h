#ifndef MTC_KERNELS_FLOAT_TYPES_H_
#define MTC_KERNELS_FLOAT_TYPES_H_

#include "core/half.h"
#include "kernels/kernel.h"

namespace mtc::kernels {

// Calls body(T{}), where T is the type of elements of `dtype`, one of the floating-point ones. For Prepare, which is
// not compiled for each dtype as Run is.
template <typename Body>
Status WithFloatType(PrepareContext& context, DType dtype, const Body& body) {
  switch (dtype) {
    case DType::kF32:
      return body(float{});
    case DType::kF64:
      return body(double{});
    case DType::kF16:
      return body(Half{});
    case DType::kBF16:
      return body(BFloat16{});
    default:
      return context.Fail(Status::kInvalidProgram, "operands of integers");
  }
}

}  // namespace mtc::kernels

#endif  // MTC_KERNELS_FLOAT_TYPES_H_
