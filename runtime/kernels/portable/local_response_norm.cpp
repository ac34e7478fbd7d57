#include "core/thread_pool.h"
#include "generated/args.h"
#include "kernels/normalize.h"
#include "kernels/vector_math.h"
#include "selected_kernels.h"

namespace MTC_PORTABLE {

#if MTC_ISA_LEVEL == 0
Status PrepareLocalResponseNorm(PrepareContext& context, const LocalResponseNormArgs& args) {
  MTC_RETURN_IF_ERROR(CheckPerChannel(context, *args.x, nullptr));
  if (args.size < 1) {
    return context.Fail(Status::kInvalidProgram, "%lld neighbouring channels", static_cast<long long>(args.size));
  }
  return SameShape(context, args.x, args.out);
}
#endif

template <typename T>
Status RunLocalResponseNorm(KernelContext& context, const LocalResponseNormArgs& args) {
  using C = Compute<T>;
  if (args.x->count() == 0) return Status::kOk;
  const int64_t channels = args.x->dims[1], plane = TrailingSize(*args.x, args.x->rank - 2);
  const int64_t before = args.size / 2, after = (args.size - 1) / 2;
  const C k = static_cast<C>(args.k), beta = static_cast<C>(args.beta);
  const C alpha = static_cast<C>(args.alpha / static_cast<double>(args.size));
  const bool is_positive = k > 0 && alpha >= 0;  // so that the logarithm exists
  ParallelFor(context.threads, args.x->dims[0] * channels, RowGrain(plane * 8), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const int64_t c = row % channels;
      const int64_t first = c < before ? -c : -before, last = channels - 1 - c < after ? channels - 1 - c : after;
      const T* x = args.x->as<T>() + row * plane;
      T* out = args.out->as<T>() + row * plane;
      int64_t i = 0;
      if constexpr (std::is_same_v<C, float>) {
        for (; is_positive && i + kLanes <= plane; i += kLanes) {
          Vec sum = {};
          for (int64_t near = first; near <= last; ++near) {
            const Vec v = Load<Vec>(x + i + near * plane);
            sum += v * v;
          }
          Store(out + i, Load<Vec>(x + i) / Exp(Log(sum * alpha + k) * beta));
        }
      }
      for (; i < plane; ++i) {
        C sum = 0;
        for (int64_t near = first; near <= last; ++near) {
          const C v = static_cast<C>(x[i + near * plane]);
          sum += v * v;
        }
        out[i] = static_cast<T>(static_cast<C>(x[i]) / std::pow(sum * alpha + k, beta));
      }
    }
  });
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(LocalResponseNorm)

}  // namespace MTC_PORTABLE
