#include "core/thread_pool.h"
#include "generated/args.h"
#include "kernels/normalize.h"
#include "selected_kernels.h"

namespace MTC_PORTABLE {

#if MTC_ISA_LEVEL == 0
Status PrepareGroupNorm(PrepareContext& context, const GroupNormArgs& args) {
  MTC_RETURN_IF_ERROR(CheckPerChannel(context, *args.x, args.weight));
  MTC_RETURN_IF_ERROR(CheckPerChannel(context, *args.x, args.bias));
  if (args.num_groups < 1 || args.x->dims[1] % args.num_groups != 0) {
    return context.Fail(Status::kInvalidArgument, "%lld channels do not divide into %lld groups",
                        static_cast<long long>(args.x->dims[1]), static_cast<long long>(args.num_groups));
  }
  return SameShape(context, args.x, args.out);
}
#endif

template <typename T>
Status RunGroupNorm(KernelContext& context, const GroupNormArgs& args) {
  using C = Compute<T>;
  if (args.x->count() == 0) return Status::kOk;
  const int64_t groups = args.num_groups, channels = args.x->dims[1] / groups;
  const int64_t plane = TrailingSize(*args.x, args.x->rank - 2), size = channels * plane;
  const T* weight = args.weight ? args.weight->as<T>() : nullptr;
  const T* bias = args.bias ? args.bias->as<T>() : nullptr;
  const C eps = static_cast<C>(args.eps);
  ParallelFor(context.threads, args.x->dims[0] * groups, RowGrain(size), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const T* x = args.x->as<T>() + row * size;
      T* out = args.out->as<T>() + row * size;
      const Moments<C> moments = MomentsOf(x, size);
      const C scale = 1 / SquareRoot(moments.variance + eps);
      const int64_t first = row % groups * channels;
      if (plane == 1) {
        NormalizeRow(x, size, moments.mean, scale, weight ? weight + first : nullptr, bias ? bias + first : nullptr,
                     out);
        continue;
      }
      for (int64_t c = 0; c < channels; ++c) {
        const C own_scale = weight ? scale * static_cast<C>(weight[first + c]) : scale;
        const C own_bias = bias ? static_cast<C>(bias[first + c]) : C{0};
        ScaleRow(x + c * plane, plane, moments.mean, own_scale, own_bias, out + c * plane);
      }
    }
  });
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(GroupNorm)

}  // namespace MTC_PORTABLE
