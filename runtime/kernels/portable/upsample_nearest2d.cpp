#include "kernels/resize.h"
#include "kernels/strided.h"

namespace MTC_PORTABLE {

Status PrepareUpsampleNearest2d(PrepareContext& context, const UpsampleNearest2dArgs& args) {
  return PrepareResize(context, args.x, args.size, args.scales, args.layout, args.out);
}

// Positions are computed in f32 for every dtype.
inline int64_t NearestIndex(int64_t index, int64_t length, int64_t count, double scale, bool is_exact) {
  const float where =
      (static_cast<float>(index) + (is_exact ? 0.5f : 0.0f)) * StepOf<float>(length, count, scale, false);
  const auto nearest = static_cast<int64_t>(where);
  return nearest < length ? nearest : length - 1;
}

template <typename W>
[[gnu::noinline]] void UpsampleNearest(KernelContext& context, const UpsampleNearest2dArgs& args) {
  const ImageSizes s(*args.x, *args.out, args.layout);
  const auto size = static_cast<size_t>(s.channels) * sizeof(W);
  ParallelFor(context.threads, s.outer * s.out[0], 1 + 4096 / (s.out[1] * s.channels + 1),
              [&](int64_t begin, int64_t end) {
                for (int64_t row = begin; row < end; ++row) {
                  const int64_t y = NearestIndex(row % s.out[0], s.in[0], s.out[0], args.scales[0], args.exact);
                  const W* from = args.x->as<W>() + (row / s.out[0] * s.in[0] + y) * s.in[1] * s.channels;
                  W* to = args.out->as<W>() + row * s.out[1] * s.channels;
                  for (int64_t i = 0; i < s.out[1]; ++i) {
                    const int64_t x = NearestIndex(i, s.in[1], s.out[1], args.scales[1], args.exact);
                    if (s.channels == 1) {
                      to[i] = from[x];
                    } else {
                      __builtin_memcpy(to + i * s.channels, from + x * s.channels, size);
                    }
                  }
                }
              });
}

template <typename T>
Status RunUpsampleNearest2d(KernelContext& context, const UpsampleNearest2dArgs& args) {
  UpsampleNearest<Word<T>>(context, args);
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(UpsampleNearest2d)

}  // namespace MTC_PORTABLE
