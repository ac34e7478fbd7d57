#include "kernels/elementwise.h"

namespace MTC_PORTABLE {

Status PrepareCast(PrepareContext& context, const CastArgs& args) {
  if (args.dtype != args.out->dtype) return context.Fail(Status::kInvalidProgram, "the result has another dtype");
  return SameShape(context, args.x, args.out);
}

// Floats are truncated, and what is outside of 64 bits saturates before it wraps.
template <typename To, typename From>
To Convert(From x) {
  if constexpr (std::is_same_v<To, Bool>) {
    return x != 0;
  } else if constexpr (std::is_integral_v<To> && std::is_floating_point_v<From>) {
    return static_cast<To>(Constant<int64_t>(static_cast<double>(x)));
  } else if constexpr (kIsHalf<To>) {
    return static_cast<To>(static_cast<float>(x));
  } else {
    return static_cast<To>(x);
  }
}

template <typename T, typename S>
Status RunCast(KernelContext& context, const CastArgs& args) {
  MapScalars<T, S>(context, *args.x, *args.out, [](auto x) { return Convert<S>(x); });
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Cast)

}  // namespace MTC_PORTABLE
