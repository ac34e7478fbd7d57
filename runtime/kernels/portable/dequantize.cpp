#include "core/quantized.h"
#include "kernels/elementwise.h"

namespace MTC_PORTABLE {

#if MTC_ISA_LEVEL == 0
Status PrepareDequantize(PrepareContext& context, const DequantizeArgs& args) {
  if (args.dtype != args.out->dtype) return context.Fail(Status::kInvalidProgram, "the result has another dtype");
  return SameShape(context, args.x, args.out);
}
#endif

template <typename Q, typename F>
Status RunDequantize(KernelContext& context, const DequantizeArgs& args) {
  using C = Compute<F>;
  const Tensor& x = *args.x;
  const Quantization& q = *x.quantization;
  ParallelFor(context.threads, Count(x), kElementGrain, [&](int64_t begin, int64_t end) {
    F* to = args.out->as<F>();
    if constexpr (!std::is_same_v<Q, Qi4>) {
      if (q.axis < 0) {
        const C scale = static_cast<C>(q.scale);
        const auto* from = x.as<const decltype(Q::steps)>();
        for (int64_t i = begin; i < end; ++i) {
          to[i] = static_cast<F>(static_cast<C>(static_cast<int32_t>(from[i]) - q.zero_point) * scale);
        }
        return;
      }
    }
    for (int64_t i = begin; i < end; ++i) {
      const int64_t scale = ScaleIndex(x, i);
      const C steps = static_cast<C>(StepAt(x, i)) - static_cast<C>(ZeroPointAt(q, scale));
      to[i] = static_cast<F>(steps * static_cast<C>(ScaleAt(q, scale)));
    }
  });
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Dequantize)

}  // namespace MTC_PORTABLE
