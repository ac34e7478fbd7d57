#include "core/quantized.h"
#include "kernels/elementwise.h"

namespace MTC_PORTABLE {

#if MTC_ISA_LEVEL == 0
Status PrepareQuantize(PrepareContext& context, const QuantizeArgs& args) {
  if (args.dtype != args.out->dtype || args.out->quantization->axis >= 0) {
    return context.Fail(Status::kInvalidProgram, "the result has another dtype, or several scales");
  }
  return SameShape(context, args.x, args.out);
}
#endif

template <typename F, typename Q>
Status RunQuantize(KernelContext& context, const QuantizeArgs& args) {
  using C = Compute<F>;
  using Step = decltype(Q::steps);
  const Quantization& q = *args.out->quantization;
  constexpr bool kIsUnsigned = std::is_same_v<Q, Qu8>;
  constexpr C kLow = kIsUnsigned ? 0 : -128, kHigh = kIsUnsigned ? 255 : 127;
  // Adding this rounds to an integer, half to even, what is smaller by as much as the mantissa holds.
  constexpr C kRounding = sizeof(C) == 8 ? static_cast<C>(6755399441055744.0) : static_cast<C>(12582912.0);
  const C scale = static_cast<C>(q.scale), zero = static_cast<C>(q.zero_point);
  ParallelFor(context.threads, Count(*args.x), kElementGrain, [&](int64_t begin, int64_t end) {
    const F* from = args.x->as<F>();
    Step* to = args.out->as<Step>();
    for (int64_t i = begin; i < end; ++i) {
      C steps = static_cast<C>(from[i]) / scale;
      steps = steps == steps ? steps : C{0};
      // Limited before it is rounded, which comes to the same.
      steps = steps < kLow - zero ? kLow - zero : steps;
      steps = steps > kHigh - zero ? kHigh - zero : steps;
      to[i] = static_cast<Step>(static_cast<int32_t>((steps + kRounding) - kRounding + zero));
    }
  });
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Quantize)

}  // namespace MTC_PORTABLE
