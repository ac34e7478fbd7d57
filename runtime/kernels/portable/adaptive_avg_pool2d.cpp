#include "kernels/resize.h"

namespace MTC_PORTABLE {

Status PrepareAdaptiveAvgPool2d(PrepareContext& context, const AdaptiveAvgPool2dArgs& args) {
  return ResizedShape(context, args.x, args.size, args.layout, args.out);
}

// Window i of n reaches from i * length / n to (i + 1) * length / n, rounded up.
template <typename T>
Status RunAdaptiveAvgPool2d(KernelContext& context, const AdaptiveAvgPool2dArgs& args) {
  using P = Pack<T>;
  const ImageSizes s(*args.x, *args.out, args.layout);
  ParallelFor(context.threads, s.outer * s.out[0], 1 + 4096 / (s.in[1] * s.channels + 1),
              [&](int64_t begin, int64_t end) {
                for (int64_t row = begin; row < end; ++row) {
                  const T* image = args.x->as<T>() + row / s.out[0] * s.in[0] * s.in[1] * s.channels;
                  const int64_t y = row % s.out[0];
                  const int64_t top = y * s.in[0] / s.out[0], bottom = ((y + 1) * s.in[0] + s.out[0] - 1) / s.out[0];
                  for (int64_t x = 0; x < s.out[1]; ++x) {
                    const int64_t left = x * s.in[1] / s.out[1], right = ((x + 1) * s.in[1] + s.out[1] - 1) / s.out[1];
                    const auto places = static_cast<Compute<T>>((bottom - top) * (right - left));
                    T* out = args.out->as<T>() + (row * s.out[1] + x) * s.channels;
                    for (int64_t c = 0; c < s.channels; c += kPackWidth<T>) {
                      const int64_t lanes = s.channels - c < kPackWidth<T> ? s.channels - c : kPackWidth<T>;
                      P total = {};
                      for (int64_t i = top; i < bottom; ++i) {
                        for (int64_t j = left; j < right; ++j) {
                          total += LoadPack(image + (i * s.in[1] + j) * s.channels + c, lanes, P{});
                        }
                      }
                      StorePack(out + c, total / places, lanes);
                    }
                  }
                }
              });
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(AdaptiveAvgPool2d)

}  // namespace MTC_PORTABLE
