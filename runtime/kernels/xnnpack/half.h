// Products of half precision.

#ifndef MTC_KERNELS_XNNPACK_HALF_H_
#define MTC_KERNELS_XNNPACK_HALF_H_

#include <type_traits>

#include "core/half.h"
#include "kernels/kernel.h"
#include "kernels/xnnpack/processor.h"
#include "third_party/xnnpack_selection.h"

namespace MTC_XNNPACK {

// XNNPACK's microkernels for products of elements T; null if it has none for this processor.
template <typename T>
const xnn_gemm_config* GemmConfigOf() {
  return std::is_same_v<T, Half> ? xnn_selected_f16_gemm_config() : xnn_selected_f32_gemm_config();
}

// Whether mtc's own kernels may compute a product of elements T: only levels above the base one, and half precision,
// have any.
template <typename T>
inline constexpr bool kHasOwn = MTC_ISA_LEVELS > 1 || std::is_same_v<T, Half>;

// Whether XNNPACK computes a product of elements T. mtc's own kernels are faster where vectors have eight elements and
// more. In half precision they are also there for processors without arithmetic of it (what XNNPACK has for x86 widens
// as they do, but loses NaN), and for results of a single number, which XNNPACK refuses.
template <typename T>
bool IsByXnnpack(const KernelContext& context, Span<const double> clamp) {
  if (context.isa != Isa::kBase) return false;
  if constexpr (std::is_same_v<T, Half>) {
    const auto rounded = [](double limit) { return static_cast<float>(static_cast<Half>(static_cast<float>(limit))); };
    return GemmConfigOf<T>() != nullptr && HasHalfArithmetic() && rounded(clamp[0]) < rounded(clamp[1]);
  } else {
    return true;
  }
}

}  // namespace MTC_XNNPACK

#endif  // MTC_KERNELS_XNNPACK_HALF_H_
