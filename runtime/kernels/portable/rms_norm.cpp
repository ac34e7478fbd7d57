#include "core/thread_pool.h"
#include "generated/args.h"
#include "kernels/normalize.h"
#include "selected_kernels.h"

namespace MTC_PORTABLE {

#if MTC_ISA_LEVEL == 0
Status PrepareRmsNorm(PrepareContext& context, const RmsNormArgs& args) {
  MTC_RETURN_IF_ERROR(CheckNormalized(context, *args.x, args.weight, args.normalized_axes));
  return SameShape(context, args.x, args.out);
}
#endif

template <typename T>
Status RunRmsNorm(KernelContext& context, const RmsNormArgs& args) {
  using C = Compute<T>;
  const int64_t count = args.x->count(), size = TrailingSize(*args.x, args.normalized_axes);
  if (count == 0) return Status::kOk;
  const T* weight = args.weight ? args.weight->as<T>() : nullptr;
  const T* no_bias = nullptr;
  const C eps = static_cast<C>(args.eps);
  ParallelFor(context.threads, count / size, RowGrain(size), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const T* x = args.x->as<T>() + row * size;
      const C squares = SumOf(x, size, [](auto v) { return v * v; });
      const C scale = 1 / SquareRoot(squares / static_cast<C>(size) + eps);
      NormalizeRow(x, size, C{0}, scale, weight, no_bias, args.out->as<T>() + row * size);
    }
  });
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(RmsNorm)

}  // namespace MTC_PORTABLE
