#include "core/thread_pool.h"
#include "generated/args.h"
#include "kernels/normalize.h"
#include "selected_kernels.h"

namespace MTC_PORTABLE {

#if MTC_ISA_LEVEL == 0
Status PrepareLayerNorm(PrepareContext& context, const LayerNormArgs& args) {
  MTC_RETURN_IF_ERROR(CheckNormalized(context, *args.x, args.weight, args.normalized_axes));
  MTC_RETURN_IF_ERROR(CheckNormalized(context, *args.x, args.bias, args.normalized_axes));
  return SameShape(context, args.x, args.out);
}
#endif

template <typename T>
Status RunLayerNorm(KernelContext& context, const LayerNormArgs& args) {
  using C = Compute<T>;
  const int64_t count = args.x->count(), size = TrailingSize(*args.x, args.normalized_axes);
  if (count == 0) return Status::kOk;
  const T* weight = args.weight ? args.weight->as<T>() : nullptr;
  const T* bias = args.bias ? args.bias->as<T>() : nullptr;
  const C eps = static_cast<C>(args.eps);
  ParallelFor(context.threads, count / size, RowGrain(size), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const T* x = args.x->as<T>() + row * size;
      const Moments<C> moments = MomentsOf(x, size);
      const C scale = 1 / SquareRoot(moments.variance + eps);
      NormalizeRow(x, size, moments.mean, scale, weight, bias, args.out->as<T>() + row * size);
    }
  });
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(LayerNorm)

}  // namespace MTC_PORTABLE
