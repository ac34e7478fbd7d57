#include "kernels/resize.h"
#include "selected_kernels.h"

namespace MTC_PORTABLE {

inline constexpr int64_t kPooledChannels = 16;  // whose sums stay in registers

Status PrepareAdaptiveAvgPool2d(PrepareContext& context, const AdaptiveAvgPool2dArgs& args) {
  return PrepareResize(context, *args.x, args.out, args.size, args.layout);
}

// The mean of a window of channels first: several sums, since one addition waits for the one before it.
template <typename T>
Compute<T> WindowMean(const T* window, int64_t height, int64_t width, int64_t pitch) {
  using C = Compute<T>;
  C sums[kPooledChannels] = {};
  for (int64_t y = 0; y < height; ++y, window += pitch) {
    int64_t x = 0;
    for (; x + kPooledChannels <= width; x += kPooledChannels) {
      for (int64_t j = 0; j < kPooledChannels; ++j) sums[j] += static_cast<C>(window[x + j]);
    }
    for (int64_t j = 0; x < width; ++x, ++j) sums[j] += static_cast<C>(window[x]);
  }
  C total = 0;
  for (const C sum : sums) total += sum;
  return total / static_cast<C>(height * width);
}

// The means of a window for `count` channels that stand beside each other.
template <typename T>
void ChannelMeans(const T* window, int64_t height, int64_t width, int64_t pitch, int64_t step, int64_t count, T* out) {
  using C = Compute<T>;
  C sums[kPooledChannels] = {};
  for (int64_t y = 0; y < height; ++y, window += pitch) {
    for (int64_t x = 0; x < width; ++x) {
      for (int64_t j = 0; j < count; ++j) sums[j] += static_cast<C>(window[x * step + j]);
    }
  }
  for (int64_t j = 0; j < count; ++j) out[j] = static_cast<T>(sums[j] / static_cast<C>(height * width));
}

template <typename T>
Status RunAdaptiveAvgPool2d(KernelContext& context, const AdaptiveAvgPool2dArgs& args) {
  if (args.out->count() == 0) return Status::kOk;
  const Images from(*args.x, args.layout), to(*args.out, args.layout);
  const int64_t pitch = from.width * from.inner, pixels = to.planes * to.height * to.width;
  const int64_t work = (from.height / to.height + 1) * (from.width / to.width + 1) * from.inner;
  ParallelFor(context.threads, pixels, 1 + 4 * kResizeGrain / work, [&](int64_t begin, int64_t end) {
    for (int64_t pixel = begin; pixel < end; ++pixel) {
      const int64_t x = pixel % to.width, y = pixel / to.width % to.height, plane = pixel / to.width / to.height;
      const int64_t top = y * from.height / to.height, left = x * from.width / to.width;
      const int64_t height = ((y + 1) * from.height + to.height - 1) / to.height - top;
      const int64_t width = ((x + 1) * from.width + to.width - 1) / to.width - left;
      const T* window = args.x->as<T>() + ((plane * from.height + top) * from.width + left) * from.inner;
      T* out = args.out->as<T>() + pixel * to.inner;
      if (args.layout == Layout::kNchw) {
        *out = static_cast<T>(WindowMean(window, height, width, pitch));
        continue;
      }
      for (int64_t channel = 0; channel < to.inner; channel += kPooledChannels) {
        const int64_t count = to.inner - channel < kPooledChannels ? to.inner - channel : kPooledChannels;
        ChannelMeans(window + channel, height, width, pitch, from.inner, count, out + channel);
      }
    }
  });
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(AdaptiveAvgPool2d)

}  // namespace MTC_PORTABLE
