#include "core/thread_pool.h"
#include "generated/args.h"
#include "kernels/normalize.h"
#include "selected_kernels.h"

namespace MTC_PORTABLE {

#if MTC_ISA_LEVEL == 0
Status PrepareBatchNorm(PrepareContext& context, const BatchNormArgs& args) {
  for (const Tensor* parameter : {args.weight, args.bias, args.mean, args.variance}) {
    MTC_RETURN_IF_ERROR(CheckPerChannel(context, *args.x, parameter));
  }
  context.RequireScratch(1, args.x->dims[1], sizeof(double));  // a scale for each channel
  return SameShape(context, args.x, args.out);
}
#endif

template <typename T>
Status RunBatchNorm(KernelContext& context, const BatchNormArgs& args) {
  using C = Compute<T>;
  const int64_t channels = args.x->dims[1], plane = TrailingSize(*args.x, args.x->rank - 2);
  const T* weight = args.weight ? args.weight->as<T>() : nullptr;
  const T* bias = args.bias ? args.bias->as<T>() : nullptr;
  const T *mean = args.mean->as<T>(), *variance = args.variance->as<T>();
  C* scale = static_cast<C*>(context.scratch);
  for (int64_t c = 0; c < channels; ++c) {
    scale[c] = (weight ? static_cast<C>(weight[c]) : C{1}) /
               SquareRoot(static_cast<C>(variance[c]) + static_cast<C>(args.eps));
  }
  // A row is a plane of one channel, or, where planes have one element, all channels of a sample.
  const int64_t rows = plane == 1 ? args.x->dims[0] : args.x->dims[0] * channels;
  const int64_t size = plane == 1 ? channels : plane;
  ParallelFor(context.threads, rows, RowGrain(size), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const T* x = args.x->as<T>() + row * size;
      T* out = args.out->as<T>() + row * size;
      const int64_t c = row % channels;
      if (plane != 1) {
        ScaleRow(x, size, static_cast<C>(mean[c]), scale[c], bias ? static_cast<C>(bias[c]) : C{0}, out);
        continue;
      }
      for (int64_t i = 0; i < channels; ++i) {
        const C value = (static_cast<C>(x[i]) - static_cast<C>(mean[i])) * scale[i];
        out[i] = static_cast<T>(bias ? value + static_cast<C>(bias[i]) : value);
      }
    }
  });
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(BatchNorm)

}  // namespace MTC_PORTABLE
