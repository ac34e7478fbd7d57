#include "kernels/division.h"

namespace MTC_PORTABLE {

Status PrepareDiv(PrepareContext& context, const DivArgs& args) {
  const bool is_float = args.x->dtype <= DType::kBF16;
  if (args.rounding == Rounding::kNone && !is_float) {
    return context.Fail(Status::kInvalidProgram, "integers are divided with a rounding");
  }
  return BroadcastShape(context, args.x, args.y, args.out);
}

template <typename T>
Status RunDiv(KernelContext& context, const DivArgs& args) {
  MTC_RETURN_IF_ERROR(RefuseZero<T>(context, *args.y));
  const Tensor &x = *args.x, &y = *args.y, &out = *args.out;
  if (args.rounding == Rounding::kFloor) {
    MapScalars<T, T>(context, x, y, out, [](auto a, auto b) { return FlooredQuotient(a, b); });
  } else if (args.rounding == Rounding::kTrunc) {
    MapScalars<T, T>(context, x, y, out, [](auto a, auto b) { return TruncatedQuotient(a, b); });
  } else if constexpr (!std::is_integral_v<T>) {
    MapBinary<T>(context, x, y, out, [](auto a, auto b) { return a / b; });
  }
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Div)

}  // namespace MTC_PORTABLE
