#include "core/quantized.h"
#include "kernels/elementwise.h"
#include "kernels/step_vectors.h"

namespace MTC_PORTABLE {

#if MTC_ISA_LEVEL == 0
Status PrepareQuantize(PrepareContext& context, const QuantizeArgs& args) {
  if (args.dtype != args.out->dtype || args.out->quantization->axis >= 0) {
    return context.Fail(Status::kInvalidProgram, "the result has another dtype, or several scales");
  }
  return SameShape(context, args.x, args.out);
}
#endif

// By values, not captured: a store to bytes could change what a reference refers to, and nothing would be vectorized.
template <typename Q, typename F>
void QuantizeAll(const F* from, decltype(Q::steps)* to, int64_t count, float tensor_scale, int32_t zero_point) {
  using C = Compute<F>;
  constexpr bool kIsUnsigned = std::is_same_v<Q, Qu8>;
  // Adding this rounds to an integer, half to even, what is smaller by as much as the mantissa holds.
  constexpr C kRounding = sizeof(C) == 8 ? static_cast<C>(6755399441055744.0) : static_cast<C>(12582912.0);
  const C scale = static_cast<C>(tensor_scale), zero = static_cast<C>(zero_point);
  const C low = (kIsUnsigned ? C{0} : C{-128}) - zero, high = (kIsUnsigned ? C{255} : C{127}) - zero;
  for (int64_t i = 0; i < count; ++i) {
    C steps = static_cast<C>(from[i]) / scale;
    steps = steps == steps ? steps : C{0};
    // Limited before it is rounded, which comes to the same.
    steps = steps < low ? low : steps;
    steps = steps > high ? high : steps;
    to[i] = static_cast<decltype(Q::steps)>(static_cast<int32_t>((steps + kRounding) - kRounding + zero));
  }
}

template <typename F, typename Q>
Status RunQuantize(KernelContext& context, const QuantizeArgs& args) {
  using Step = decltype(Q::steps);
  ParallelFor(context.threads, Count(*args.x), kElementGrain, [&](int64_t begin, int64_t end) {
    const F* from = args.x->as<const F>() + begin;
    Step* to = args.out->as<Step>() + begin;
    const float scale = args.out->quantization->scale;
    if constexpr (std::is_same_v<F, float>) {
      const Vec divisor = Splat<Vec>(scale);
      MapSteps(to, end - begin, LimitsOf(*args.out), [&](const StepLanes& lanes) {
        const Vec steps = lanes(from) / divisor;
        return Select(steps == steps, steps, Vec{});  // NaN becomes the zero point
      });
    } else {
      QuantizeAll<Q>(from, to, end - begin, scale, args.out->quantization->zero_point);
    }
  });
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Quantize)

}  // namespace MTC_PORTABLE
